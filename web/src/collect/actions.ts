/** What a person can do, and what follows from it. */

import { remember, remembered } from '../app/device'
import type { Kind, Round } from './kept'
import { idOf, sameSight, type Taken, take } from './picture'
import { sendWaiting } from './send'
import {
  captures,
  items,
  keepCapture,
  keepItem,
  keepRound,
  key,
  load,
  notice,
  online,
  place,
  reviews,
} from './state'
import { words } from './words'

const TURNS = 8

export async function start(): Promise<void> {
  window.addEventListener('hashchange', () => {
    place.value = location.hash
    window.scrollTo(0, 0)
  })
  window.addEventListener('online', () => {
    online.value = true
    void sendWaiting()
  })
  window.addEventListener('offline', () => {
    online.value = false
  })
  await load()
  void sendWaiting()
}

export async function beginRound(
  asked: Pick<Round, 'store' | 'person' | 'consent' | 'aisles' | 'keepsFaces'>,
): Promise<void> {
  const id = newId()
  remember('collector', { person: asked.person, consent: asked.consent })
  void navigator.storage?.persist?.() // where it may, the browser keeps what waits
  await keepRound({ ...asked, id, startedAt: now(), sentAisles: null })
  location.hash = `round/${id}`
  void sendWaiting()
}

export async function addAisle(round: Round, name: string): Promise<void> {
  const aisle = name.trim()
  if (!aisle || round.aisles.includes(aisle)) return
  await keepRound({ ...round, aisles: [...round.aisles, aisle] })
  void sendWaiting()
}

/** Pictures of a shelf are looked at before they are kept: there may be people on them. */
export async function takeShelf(
  files: readonly File[],
  kind: 'shelf far' | 'shelf near',
  aisle: string,
): Promise<void> {
  for (const file of files) {
    const taken = await takenFrom(file)
    if (taken) reviews.value = [...reviews.value, { taken, kind, aisle }]
  }
}

export async function beginItem(round: string, aisle: string): Promise<void> {
  const id = newId()
  await keepItem({
    id,
    round,
    aisle,
    typed: null,
    name: '',
    knownAs: null,
    state: 'open',
    problem: null,
    at: now(),
  })
  location.hash = `item/${id}`
}

/** Keep pictures of a product or its barcode; of a barcode the number is read here already. */
export async function takeOf(
  item: string,
  kind: 'product' | 'barcode',
  files: readonly File[],
): Promise<void> {
  const product = items.peek().find((each) => each.id === item)
  if (!product) return
  for (const file of files) {
    const taken = await takenFrom(file)
    if (!taken) continue
    const code = kind === 'barcode' ? await readOn(taken.picture) : null
    await keep(taken, kind, product.round, product.aisle, item, code)
  }
  const now = items.peek().find((each) => each.id === item)
  if (now && (now.state === 'bound' || now.state === 'refused')) {
    await keepItem({ ...now, state: 'open', problem: null })
  }
  void sendWaiting()
}

export async function keepReviewed(taken: Taken, round: string): Promise<void> {
  const [first, ...rest] = reviews.value
  if (!first) return
  reviews.value = rest
  await keep(taken, first.kind, round, first.aisle, null, null)
  void sendWaiting()
}

/** The person is done with a product: from now on it goes by itself. */
export async function finish(item: string): Promise<void> {
  const product = items.peek().find((each) => each.id === item)
  if (!product) return
  await keepItem({ ...product, state: 'done', problem: null })
  void sendWaiting()
}

export function rememberKey(text: string): void {
  key.value = text.trim()
  remember('settings', { ...remembered('settings', {}), key: key.value })
  void sendWaiting()
}

async function takenFrom(file: File): Promise<Taken | null> {
  try {
    return await take(file)
  } catch {
    notice.value = words.noPicture(file.name)
    return null
  }
}

async function keep(
  taken: Taken,
  kind: Kind,
  round: string,
  aisle: string,
  item: string | null,
  code: string | null,
): Promise<void> {
  const id = await idOf(taken.picture, kind)
  if (captures.peek().some((each) => each.id === id)) {
    notice.value = words.thereAlready
    return
  }
  const ofRound = captures.peek().filter((each) => each.round === round)
  await keepCapture({
    id,
    round,
    aisle,
    kind,
    item,
    at: now(),
    picture: taken.picture,
    thumb: taken.thumb,
    sight: taken.sight,
    faults: kind === 'barcode' && code ? [] : taken.faults,
    isDouble: kind !== 'barcode' && sameSight(taken, kind, ofRound) !== undefined,
    code,
    state: 'waiting',
    problem: null,
  })
}

/** The number in the middle of a picture, tried at several turns; the service tries harder. */
async function readOn(picture: Blob): Promise<string | null> {
  const { readBarcode } = await import('../app/barcode')
  const bitmap = await createImageBitmap(picture)
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const found = await readBarcode(bitmap)
      if (found) return found
    }
    return null
  } finally {
    bitmap.close()
  }
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function now(): string {
  return new Date().toISOString()
}

/**
 * What was seen on shelves, kept on this device alone. What nobody could name, because the network
 * was gone and no pack there, is kept as numbers and named when the network is back.
 */

import { ApiRecogniser } from '../engine/api'
import { EMBEDDER, embedderId } from '../engine/manifest'
import { live } from './camera'
import { database, type Seen, type Unnamed } from './device'
import { gtinOf, history, products, settings, snapshot } from './state'

const MOST = 500
const VISIT = new Date().toISOString()
const noted = new Set<string>()

/** Read what earlier visits left. */
export async function readHistory(): Promise<void> {
  const kept = await (await database()).getAll('history')
  history.value = kept.sort((a, b) => b.at.localeCompare(a.at)).slice(0, MOST)
}

/** Note what the camera shows now: products that have a name, and facings that wait for one. */
export async function noteSeen(): Promise<void> {
  const at = new Date().toISOString()
  for (const track of snapshot.value.tracks) {
    const gtin = gtinOf(track)
    if (gtin) await note(gtin, at)
    const vectorI8 = track.state === 'waiting' ? live.embeddingOf(track.id) : null
    const key = `${VISIT} ${track.id}`
    if (vectorI8 && !noted.has(key)) {
      noted.add(key)
      const unnamed = { vectorI8, boxXyxy: track.boxXyxy, sha256: EMBEDDER.sha256, at }
      await (await database()).put('unnamed', unnamed, key)
    }
  }
}

/** Note a product whose number was typed or scanned: without network its record comes later. */
export async function noteLookedUp(gtin: string): Promise<void> {
  await note(gtin, new Date().toISOString())
}

async function note(gtin: string, at: string): Promise<void> {
  if (noted.has(gtin)) return
  noted.add(gtin)
  await keep({ gtin, name: products.peek().get(gtin)?.name ?? null, at })
}

/** Write the names of records that came after their products were noted. */
export function nameNoted(): void {
  for (const seen of history.value.filter((each) => each.name === null)) {
    const name = products.value.get(seen.gtin)?.name
    if (name) void keep({ ...seen, name })
  }
}

type NameOf = (gtin: string) => Promise<string | null>

/**
 * Ask what the facings were that nobody could name, frame by frame: sizes are told by neighbours.
 *
 * @returns how many products that made known.
 */
export async function nameKept(nameOf: NameOf): Promise<number> {
  const kept = await database()
  const [keys, unnamed] = await Promise.all([kept.getAllKeys('unnamed'), kept.getAll('unnamed')])
  const found = new Set<string>()
  for (const at of new Set(unnamed.map((each) => each.at))) {
    const places = unnamed.flatMap((each, i) => (each.at === at ? [i] : []))
    const gtins = await gtinsOf(places.map((i) => unnamed[i] as Unnamed))
    for (const i of places) await kept.delete('unnamed', keys[i] as string)
    for (const gtin of gtins) {
      found.add(gtin)
      await keep({ gtin, name: await nameOf(gtin), at })
    }
  }
  return found.size
}

/** Products among the facings of one frame. Vectors of an embedder gone by tell nobody anything. */
async function gtinsOf(waiting: readonly Unnamed[]): Promise<ReadonlySet<string>> {
  const by = embedderId(EMBEDDER)
  const facings = waiting
    .filter(({ sha256 }) => sha256 === by.sha256)
    .map((each) => ({ ...each, score: 1, artworkI8: null, printed: [], likeness: new Map() }))
  const service = new ApiRecogniser({ key: settings.value.key || null })
  const answers = await service.recognise(facings, by, new AbortController().signal)
  return new Set(answers.flatMap(({ gtin }) => gtin ?? []))
}

export async function clearHistory(): Promise<void> {
  const kept = await database()
  await Promise.all([kept.clear('history'), kept.clear('unnamed')])
  noted.clear()
  history.value = []
}

async function keep(seen: Seen): Promise<void> {
  await (await database()).put('history', seen)
  history.value = [seen, ...history.peek().filter(({ gtin }) => gtin !== seen.gtin)]
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, MOST)
}

/**
 * What was seen on shelves, kept on this device alone. What nobody could name, because the network
 * was gone and no pack there, is kept as numbers and named when the network is back.
 */

import { ApiRecogniser } from '../engine/api'
import { EMBEDDER, embedderId } from '../engine/manifest'
import { live } from './camera'
import { database, type Seen } from './device'
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
  for (const track of snapshot.value.tracks) {
    const gtin = gtinOf(track)
    const name = gtin ? (products.value.get(gtin)?.name ?? null) : null
    const what = `${gtin} ${name}`
    if (gtin && !noted.has(what)) {
      noted.add(what)
      await keep({ gtin, name, at: new Date().toISOString() })
    }
    const vectorI8 = track.state === 'waiting' ? live.embeddingOf(track.id) : null
    const key = `${VISIT} ${track.id}`
    if (vectorI8 && !noted.has(key)) {
      noted.add(key)
      const { sha256 } = EMBEDDER
      const at = new Date().toISOString()
      const unnamed = { vectorI8, boxXyxy: track.boxXyxy, sha256, at }
      await (await database()).put('unnamed', unnamed, key)
    }
  }
}

/**
 * Ask what the facings were that nobody could name.
 *
 * @param nameOf looks a product up.
 * @returns how many products that made known.
 */
export async function nameKept(nameOf: (gtin: string) => Promise<string | null>): Promise<number> {
  const kept = await database()
  const by = embedderId(EMBEDDER)
  const waiting = (await kept.getAll('unnamed')).filter(({ sha256 }) => sha256 === by.sha256)
  if (waiting.length === 0) return 0
  const facings = waiting.map((each) => ({ ...each, score: 1, artworkI8: null }))
  const service = new ApiRecogniser({ key: settings.value.key || null })
  const answers = await service.recognise(facings, by, new AbortController().signal)
  await kept.clear('unnamed')
  const found = new Map<string, string>()
  answers.forEach(({ gtin }, i) => {
    if (gtin) found.set(gtin, waiting[i]?.at ?? VISIT)
  })
  for (const [gtin, at] of found) await keep({ gtin, name: await nameOf(gtin), at })
  return found.size
}

export async function clearHistory(): Promise<void> {
  const kept = await database()
  await Promise.all([kept.clear('history'), kept.clear('unnamed')])
  noted.clear()
  history.value = []
}

async function keep(seen: Seen): Promise<void> {
  await (await database()).put('history', seen)
  history.value = [seen, ...history.value.filter(({ gtin }) => gtin !== seen.gtin)].slice(0, MOST)
}

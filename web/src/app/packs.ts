/** Packs on the device: downloaded once with progress, kept, opened again at the next visit. */

import { PackFile, requireWhole } from '../pack/file'
import { PackRecogniser } from '../pack/recogniser'
import { database } from './device'
import { ask, type PackOffer } from './service'
import { pack, products } from './state'

const DAY_MS = 86_400_000

/** Open the pack that is kept, if there is one. */
export async function openKeptPack(): Promise<void> {
  const [kept] = await (await database()).getAll('packs')
  if (kept) pack.value = await PackRecogniser.open(new PackFile(kept.bytes))
}

export async function keptEtag(): Promise<string | null> {
  const [kept] = await (await database()).getAll('packs')
  return kept?.etag ?? null
}

/**
 * Download a pack and put it in the place of the one that is kept.
 *
 * @param progress told of the share that has come, in [0, 1].
 * @throws Away, PackUnusable: the one before is still there.
 */
export async function downloadPack(
  offer: PackOffer,
  progress: (share: number) => void,
): Promise<void> {
  const response = await ask(`/v1/packs/${offer.name}`, { signal: new AbortController().signal })
  if (!response.ok || !response.body) throw new Error(`${response.status}`)
  const bytes = new Uint8Array(offer.bytes)
  let come = 0
  const reader = response.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (come + part.value.length > bytes.length) throw new Error('longer than it was said to be')
    bytes.set(part.value, come)
    come += part.value.length
    progress(come / offer.bytes)
  }
  await requireWhole(bytes.buffer)
  const opened = await PackRecogniser.open(new PackFile(bytes.buffer))
  await navigator.storage?.persist?.()
  const kept = await database()
  await kept.clear('packs')
  await kept.put('packs', { name: offer.name, etag: offer.etag, bytes: bytes.buffer })
  pack.value = opened
}

export async function removePack(): Promise<void> {
  await (await database()).clear('packs')
  pack.value = null
  products.value = new Map()
}

/** Days since a pack was made. */
export function ageDays(createdAt: string): number {
  return Math.max(0, Math.floor((Date.now() - Date.parse(createdAt)) / DAY_MS))
}

/** Recognition by the service, and by the pack on this device where the service does not answer. */

import { ApiRecogniser } from '../engine/api'
import type { Grey } from '../engine/grey'
import { type Recogniser, RecogniserAway } from '../engine/recogniser'
import type { EmbeddedFacing, EmbedderId, Recognition, Witness } from '../types'
import { online, pack, settings } from './state'

export class ServiceOrPack implements Recogniser {
  async recognise(
    facings: readonly EmbeddedFacing[],
    embedder: EmbedderId,
    signal: AbortSignal,
    witnesses: readonly Witness[] = [],
  ): Promise<readonly Recognition[]> {
    embedderInUse = embedder
    const kept = pack.value
    if (!online.value) {
      if (!kept) throw new RecogniserAway('no network')
      return kept.recognise(facings, embedder, signal, witnesses)
    }
    try {
      const service = new ApiRecogniser({ key: settings.value.key || null })
      return await service.recognise(facings, embedder, signal, witnesses)
    } catch (error) {
      if (!(error instanceof RecogniserAway && kept)) throw error
      return kept.recognise(facings, embedder, signal, witnesses)
    }
  }

  /** By the service alone: a pack has no pictures. */
  view(gtin: string): Promise<Grey | null> {
    return new ApiRecogniser({ key: settings.value.key || null }).view(gtin)
  }
}

/** Whose vectors they were, so that feedback can say it; null before the first. */
export let embedderInUse: EmbedderId | null = null

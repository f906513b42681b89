/** Who says which product a facing is: the service (api.ts) or a pack on the device (pack/). */

import type { EmbeddedFacing, EmbedderId, Recognition, Witness } from '../types'
import type { Grey } from './grey'

export interface Recogniser {
  /**
   * Say which product each facing of one frame is, in the order given.
   *
   * @param facings of one frame: sizes are told by their neighbours.
   * @param witnesses other facings of the frame, recognised before.
   * @throws RecogniserAway when nobody can answer now: the tracks wait and are asked again.
   */
  recognise(
    facings: readonly EmbeddedFacing[],
    embedder: EmbedderId,
    signal: AbortSignal,
    witnesses?: readonly Witness[],
  ): Promise<readonly Recognition[]>

  /**
   * A product's picture as facings are compared with it: grey, its longest side 256 pixels.
   *
   * @returns null where it has none.
   * @throws RecogniserAway when nobody can give it now.
   */
  view(gtin: string): Promise<Grey | null>
}

/** No network, a service that does not answer, or one that asks for patience. */
export class RecogniserAway extends Error {
  override readonly name = 'RecogniserAway'
  /** How long to wait before the next try. */
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs = 2000) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** Gallery: pictures that facings are compared with, each fetched once and kept while it lasts. */

import type { Grey } from './grey'
import { type Recogniser, RecogniserAway } from './recogniser'

/** Some 30 kB each. */
const MOST_KEPT = 300
/** A picture came that is none. */
const DAMAGED_REST_MS = 60_000

export class Gallery {
  /** By GTIN, those fetched last at the end; null where a product has none. */
  readonly #kept = new Map<string, Grey | null>()
  readonly #coming = new Map<string, Promise<void>>()
  /** Nobody could give one: none is asked for before this time. */
  #restsUntilMs = 0

  /** Fetch what is not here yet. */
  want(gtins: Iterable<string>, by: Recogniser): void {
    if (performance.now() < this.#restsUntilMs) return
    for (const gtin of new Set(gtins)) {
      if (this.#kept.has(gtin) || this.#coming.has(gtin)) continue
      const arriving = this.#fetch(gtin, by).finally(() => this.#coming.delete(gtin))
      this.#coming.set(gtin, arriving)
    }
  }

  /** Pictures of those of these products that have one; null while not all are known. */
  viewsOf(gtins: readonly string[]): ReadonlyMap<string, Grey> | null {
    if (!gtins.every((gtin) => this.#kept.has(gtin))) return null
    return new Map(
      gtins.flatMap((gtin) => {
        const view = this.#kept.get(gtin)
        return view ? [[gtin, view] as const] : []
      }),
    )
  }

  /** Wait for all that was wanted. */
  async arrived(): Promise<void> {
    await Promise.all(this.#coming.values())
  }

  async #fetch(gtin: string, by: Recogniser): Promise<void> {
    try {
      this.#kept.set(gtin, await by.view(gtin))
    } catch (error) {
      const restMs = error instanceof RecogniserAway ? error.retryAfterMs : DAMAGED_REST_MS
      this.#restsUntilMs = performance.now() + restMs
      return
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) return
      this.#kept.delete(oldest)
    }
  }
}

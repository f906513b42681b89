/** Vote: what several looks at one facing say together. A label turns only when looks outweigh it. */

import type { Recognition } from '../types'

/** Looks that count, the newest. */
const REMEMBERED = 5
/** By how many sure looks another product must lead before a label turns. */
const LEAD_TO_TURN = 1

export class Votes {
  #looks: Recognition[] = []
  #decided: Recognition | null = null

  get count(): number {
    return this.#looks.length
  }

  /** What the looks say; null before the first. */
  get decided(): Recognition | null {
    return this.#decided
  }

  /** How many of the looks say what was decided. */
  get agreeing(): number {
    const { gtin, state } = this.#decided ?? {}
    return this.#looks.filter((look) => look.state === state && look.gtin === gtin).length
  }

  add(look: Recognition): void {
    this.#looks = [...this.#looks, look].slice(-REMEMBERED)
    this.#decided = this.#decide(look)
  }

  #decide(newest: Recognition): Recognition {
    const weights = new Map<string, number>()
    for (const look of this.#looks) {
      if (look.gtin === null) continue
      weights.set(look.gtin, (weights.get(look.gtin) ?? 0) + look.probability)
    }
    const now = this.#decided
    const [best] = [...weights].sort((a, b) => b[1] - a[1])
    if (best === undefined) return this.#undecided(newest)
    const held = now?.gtin ? (weights.get(now.gtin) ?? 0) : 0
    const turns = now?.gtin != null && best[0] !== now.gtin && best[1] < held + LEAD_TO_TURN
    const gtin = turns && now?.gtin ? now.gtin : best[0]
    const looks = this.#looks.filter((look) => look.gtin === gtin)
    return looks.at(-1) ?? now ?? newest
  }

  /** No look named a product: ambiguous if any said so, which tells more than unknown. */
  #undecided(newest: Recognition): Recognition {
    return this.#looks.findLast((look) => look.state === 'ambiguous') ?? newest
  }
}

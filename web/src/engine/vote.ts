/**
 * Vote: what several answers on one facing say together. A label turns only when answers outweigh
 * it. The same as facings/vote.py, with the same cases (tests/golden/votes.json).
 */

import type { Recognition } from '../types'

/** Answers that count, the newest. */
const REMEMBERED = 5
/** By how many sure answers another product must lead before a label turns. */
const LEAD_TO_TURN = 1

export class Votes {
  #answers: Recognition[] = []
  #decided: Recognition | null = null

  /** What the answers say; null before the first. */
  get decided(): Recognition | null {
    return this.#decided
  }

  /** How many of the answers say what was decided. */
  get agreeing(): number {
    const { gtin, state } = this.#decided ?? {}
    return this.#answers.filter((each) => each.state === state && each.gtin === gtin).length
  }

  add(answer: Recognition): void {
    const isFirst = this.#answers.length === 0
    this.#answers = [...this.#answers, answer].slice(-REMEMBERED)
    this.#decided = isFirst ? answer : this.#decide(answer)
  }

  /** It is seen much better from now on: the label stays until the next answer, which decides. */
  startAnew(): void {
    this.#answers = []
  }

  #decide(newest: Recognition): Recognition {
    const weights = new Map<string, number>()
    for (const { gtin, probability } of this.#answers) {
      if (gtin !== null) weights.set(gtin, (weights.get(gtin) ?? 0) + probability)
    }
    const now = this.#decided
    const [best] = [...weights].sort((a, b) => b[1] - a[1])
    if (best === undefined) return this.#undecided(newest)
    const held = now?.gtin ? (weights.get(now.gtin) ?? 0) : 0
    const holds = now?.gtin != null && best[1] < held + LEAD_TO_TURN
    const gtin = holds ? now.gtin : best[0]
    return this.#answers.findLast((each) => each.gtin === gtin) ?? now ?? newest
  }

  /** No answer named a product: ambiguous if any said so, which tells more than unknown. */
  #undecided(newest: Recognition): Recognition {
    return this.#answers.findLast((each) => each.state === 'ambiguous') ?? newest
  }
}

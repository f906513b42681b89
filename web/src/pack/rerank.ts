/** The decision: the same as facings/rerank.py, which says why, by what a pack knows. */

import type { Thresholds } from './file'
import type { Candidate } from './search'

const MAX_ALTERNATIVES = 5
const A_CHANCE = 0.05

export interface Decision {
  readonly state: 'recognised' | 'ambiguous' | 'unknown'
  /** Of the first alternative. */
  readonly probability: number
  /** Best first. */
  readonly alternatives: readonly Candidate[]
}

type Clue = ReadonlyMap<number, number>

/** Say which product a facing is, which it may be, or that it is unknown. */
export function decide(
  candidates: readonly Candidate[],
  sizeMisfit: Clue,
  artwork: Clue,
  words: Clue,
  thresholds: Thresholds,
): Decision {
  if (candidates.length === 0) return { state: 'unknown', probability: 0, alternatives: [] }
  const misfit = new Map([...sizeMisfit].map(([key, value]) => [key, -value]))
  const bySize = fromMean(candidates, misfit)
  const byArtwork = fromMean(candidates, artwork)
  const byWords = fromMean(candidates, words)
  const standing = candidates.map(
    (each, i) =>
      each.similarity +
      (bySize[i] as number) * thresholds.size_weight +
      (byArtwork[i] as number) * thresholds.artwork_weight +
      (byWords[i] as number) * (thresholds.words_weight ?? 0),
  )
  const chance = likelihoods(standing, thresholds.accept, thresholds.sharpness)
  const order = standing
    .map((_, i) => i)
    .sort((a, b) => (chance[b] as number) - (chance[a] as number))
  const ranked = order.slice(0, MAX_ALTERNATIVES).map((i) => candidates[i] as Candidate)
  const first = order[0] as number
  const probability = chance[first] as number
  if (probability >= thresholds.sure)
    return { state: 'recognised', probability, alternatives: ranked }
  const possible = ranked.slice(0, chance.filter((each) => each >= A_CHANCE).length)
  if (possible.length > 1 && (standing[first] as number) >= thresholds.accept) {
    return { state: 'ambiguous', probability, alternatives: possible }
  }
  return { state: 'unknown', probability, alternatives: ranked }
}

/** What a clue says of each candidate beside the mean of those it speaks of; 0 where it is silent. */
function fromMean(candidates: readonly Candidate[], clue: Clue): readonly number[] {
  const spoken = candidates.flatMap(({ product }) => clue.get(product) ?? [])
  const mean = spoken.reduce((sum, value) => sum + value, 0) / (spoken.length || 1)
  return candidates.map(({ product }) =>
    clue.has(product) ? (clue.get(product) as number) - mean : 0,
  )
}

function likelihoods(standing: readonly number[], accept: number, sharpness: number): number[] {
  const top = Math.max(...standing)
  const odds = standing.map((each) => Math.exp(sharpness * (each - top)))
  const none = Math.exp(Math.min(sharpness * (accept - top), 700))
  const all = odds.reduce((sum, each) => sum + each, none)
  return odds.map((each) => each / all)
}

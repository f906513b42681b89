/** Entry: all that is known of one tracked facing, and what that is worth. */

import type { Likeness, Recognition } from '../types'
import { Looks } from './looks'
import { Votes } from './vote'

/** Probability from which a facing that the frame's edge cuts off is named. */
const SURE_IN_PART = 0.9
/** By how much less similar than the best a candidate is none that a person is asked about. */
const FAR_OFF = 0.1

export interface Entry {
  looks: Looks
  votes: Votes
  /** Whether all its looks were at a part: the frame ended. */
  isInPart: boolean
  /** Between embedding and answer. */
  isAsked: boolean
  /** Nobody could answer: not before this time again. */
  waitsUntilMs: number
  lookedAtMs: number
  artworkSent: number
  /** Times it was read, when last, and all lines that were. */
  readings: number
  readAtMs: number
  printed: readonly string[]
  /** Of these as many as it was asked with last. */
  printedSent: number
  /** Times it was held against pictures of what it may be. */
  comparisons: number
  /** What that said last: likeness by GTIN, and whether it was asked with it. */
  likeness: Likeness
  isLikenessSent: boolean
  /** Facings of known size that went along when it was asked last. */
  context: number
  /** The product a person said it is. */
  told: string | null
}

export function blank(): Entry {
  return {
    looks: new Looks(),
    votes: new Votes(),
    isInPart: false,
    isAsked: false,
    waitsUntilMs: 0,
    lookedAtMs: 0,
    artworkSent: 0,
    readings: 0,
    readAtMs: 0,
    printed: [],
    printedSent: 0,
    comparisons: 0,
    likeness: new Map(),
    isLikenessSent: true,
    context: 0,
    told: null,
  }
}

/** What a person said of it, else what the votes say. */
export function saidOf({ told, votes }: Entry): Recognition | null {
  if (!told) return votes.decided
  const alternatives = votes.decided?.alternatives ?? []
  return { state: 'recognised', gtin: told, probability: 1, alternatives }
}

/** Whether its candidates are alike to the last digit: one picture stands for all of them. */
export function isChoice(said: Recognition | null): boolean {
  const alike = said?.alternatives.map(({ similarity }) => similarity) ?? []
  if (said?.state !== 'ambiguous' || alike.length < 2) return false
  return Math.max(...alike) - Math.min(...alike) < 1e-4
}

/** Once it had look-alikes its artwork decides, and belongs to every question. */
export function wantsArtwork(entry: Entry): boolean {
  return entry.votes.decided?.state === 'ambiguous' || entry.artworkSent > 0
}

/**
 * What is seen in part is named only where little doubt is left: sizes say nothing of it. An answer
 * that was sure tells of candidates that are far off, too: nobody is asked about those.
 */
export function careful(said: Recognition): Recognition {
  if (said.gtin === null || said.probability >= SURE_IN_PART) return said
  const best = Math.max(...said.alternatives.map(({ similarity }) => similarity))
  const alternatives = said.alternatives.filter(({ similarity }) => similarity > best - FAR_OFF)
  return { ...said, state: 'ambiguous', gtin: null, alternatives }
}

/** Its name, else the product it resembles most, as in facings/evidence/sizes.py. */
export function likelyGtin(said: Recognition | null): string | null {
  if (!said || said.gtin) return said?.gtin ?? null
  const alike = [...said.alternatives].sort((a, b) => b.similarity - a.similarity)
  return alike[0]?.gtin ?? null
}

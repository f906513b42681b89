/** Words: the same as facings/evidence/words.py, which says why, by the records of a pack. */

import type { Product } from './record'

/** Of a word to a printed line, below which it was not read. */
const SURE_LIKENESS = 0.7
/** By which a word is less like a part of a line: short words are in many. */
const PART = 0.1

/**
 * Look in what was read for the words that tell products apart.
 *
 * @param products what a facing may be, each with its place in the pack.
 * @param printed lines of print; none say nothing.
 * @returns place to the share of the product's own words that was read, in [0, 1].
 */
export function weighWords(
  products: ReadonlyMap<number, Product>,
  printed: readonly string[],
): ReadonlyMap<number, number> {
  const own = ownWords([...products.values()].map(labelWords))
  if (printed.length === 0 || own.every((words) => words.size === 0)) return new Map()
  const lines = printed.map(foldPrint)
  return new Map([...products.keys()].map((place, i) => [place, shareRead(own[i], lines)]))
}

/**
 * Words that a product's label bears by its record; an amount is one word: "400ml". (A word's end is
 * said by hand: to \b an accent is one.)
 */
function labelWords({ brand, name, variant, net_content }: Product): ReadonlySet<string> {
  const joined = [brand, name, variant, net_content].filter(Boolean).join(' ')
  const words = joined.replace(/(\d)\s+(?=[a-zA-Z]{1,2}(?![\p{L}\p{N}]))/gu, '$1').split(/\s+/)
  return new Set(words.map(foldPrint).filter((word) => word.length > 1))
}

/** Of each label the words that not all of them have. */
function ownWords(labels: readonly ReadonlySet<string>[]): readonly ReadonlySet<string>[] {
  const isCommon = (word: string) => labels.every((words) => words.has(word))
  return labels.map((words) => new Set([...words].filter((word) => !isCommon(word))))
}

/** Mean over words of how surely each was read: 0 at SURE_LIKENESS and below, 1 if exactly. */
function shareRead(words: ReadonlySet<string> | undefined, lines: readonly string[]): number {
  if (!words?.size) return 0
  let sum = 0
  for (const word of words) {
    const likeness = Math.max(0, ...lines.map((line) => likenessOf(word, line)))
    sum += Math.max(0, (likeness - SURE_LIKENESS) / (1 - SURE_LIKENESS))
  }
  return sum / words.size
}

/** Of a word to a line or to the part of it that is most like it, in [0, 1]. */
function likenessOf(word: string, line: string): number {
  const part = line.length > word.length ? partialRatio(word, line) - PART : 0
  return Math.max(ratio(word, line), part)
}

/** Letters and digits alone, lower case, without accents. */
export function foldPrint(text: string): string {
  const plain = text.toLowerCase().normalize('NFKD').replace(/ß/g, 'ss').replace(/ø/g, 'o')
  return plain.replace(/[^a-z0-9]/g, '')
}

/** Shared letters in order, twice, by letters of both: as rapidfuzz's ratio. */
function ratio(a: string, b: string): number {
  return a || b ? (2 * shared(a, b)) / (a.length + b.length) : 1
}

/**
 * How like the shorter text is to the part of the longer that is most like it, in [0, 1]. As
 * rapidfuzz's partial_ratio.
 */
export function partialRatio(a: string, b: string): number {
  if (a.length === b.length) return Math.max(bestPart(a, b), bestPart(b, a))
  return a.length < b.length ? bestPart(a, b) : bestPart(b, a)
}

function bestPart(short: string, long: string): number {
  if (short === '') return long === '' ? 1 : 0
  let best = 0
  for (let end = 1; end < long.length + short.length; end++) {
    const part = long.slice(Math.max(0, end - short.length), end)
    best = Math.max(best, ratio(short, part))
  }
  return best
}

/** Length of the longest common subsequence. */
function shared(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const letter of a) {
    const next = [0]
    for (let i = 1; i <= b.length; i++) {
      const same = letter === b[i - 1] ? (row[i - 1] as number) + 1 : 0
      next.push(Math.max(same, row[i] as number, next[i - 1] as number))
    }
    row = next
  }
  return row[b.length] as number
}

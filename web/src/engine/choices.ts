/** Choices: what a person says of one facing holds for the look-alikes in a row beside it. */

import type { BoxXyxy } from '../types'

/**
 * Cosine from which two facings beside each other show one product: in two stores that no result
 * is reported of, all 197 such pairs did, the 30 of ambiguous facings among them (embedder 3).
 */
const ALIKE = 0.97
/** Most their sides may differ, as a logarithm. */
const SAME_SIDE = 0.2
/** Widest gap between neighbours, of the wider one. */
const GAP = 0.5
/** Least part of the lower one's height at which they stand beside each other. */
const BESIDE = 0.5

/** A facing as it stands on the shelf. */
export interface Standing {
  readonly id: number
  readonly boxXyxy: BoxXyxy
  /** Null before the first look. */
  readonly vectorI8: Int8Array | null
  /** Products it may be while nobody is sure; empty once it has a name, or is told. */
  readonly maybe: readonly string[]
}

/** Ids of the undecided facings to the left and right that are what this one is. */
export function alikeBeside(
  told: Standing,
  gtin: string,
  others: readonly Standing[],
): readonly number[] {
  return [-1, 1].flatMap((side) => {
    const row: number[] = []
    for (let last = told; ; ) {
      const next = neighbour(last, side, others)
      if (!next?.maybe.includes(gtin) || !isAlike(told, next)) return row
      row.push(next.id)
      last = next
    }
  })
}

/** The nearest facing on one side, where no gap is between. */
function neighbour(from: Standing, side: number, others: readonly Standing[]): Standing | null {
  const [left, top, right, bottom] = from.boxXyxy
  let nearest: Standing | null = null
  let least = Number.POSITIVE_INFINITY
  for (const other of others) {
    const [l, t, r, b] = other.boxXyxy
    const away = (side * (l + r - left - right)) / 2
    const gap = side > 0 ? l - right : left - r
    const shared = Math.min(bottom, b) - Math.max(top, t)
    const isBeside = shared > BESIDE * Math.min(bottom - top, b - t)
    const isNear = away > 0 && gap < GAP * Math.max(right - left, r - l)
    if (other.id === from.id || !isBeside || !isNear || away >= least) continue
    nearest = other
    least = away
  }
  return nearest
}

function isAlike(a: Standing, b: Standing): boolean {
  if (!a.vectorI8 || !b.vectorI8) return false
  const sides = ([0, 1] as const).map((axis) => Math.log(side(a, axis) / side(b, axis)))
  return (
    sides.every((each) => Math.abs(each) < SAME_SIDE) && cosine(a.vectorI8, b.vectorI8) >= ALIKE
  )
}

function side({ boxXyxy }: Standing, axis: 0 | 1): number {
  return Math.max(boxXyxy[(axis + 2) as 2 | 3] - boxXyxy[axis], 1)
}

function cosine(a: Int8Array, b: Int8Array): number {
  let [both, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    both += x * y
    aa += x * x
    bb += y * y
  }
  return both / Math.sqrt(aa * bb || 1)
}

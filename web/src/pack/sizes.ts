/** Sizes as evidence: the same fit as facings/evidence/sizes.py, which says why. */

import type { BoxXyxy } from '../types'
import type { Candidate } from './search'

const MIN_WITNESSES = 6
const ROUNDS = 4
const SPREAD = 0.05

/** A facing of the frame that was recognised before. */
export interface KnownSize {
  readonly boxXyxy: BoxXyxy
  readonly product: number
}

type Terms = readonly [x: number, y: number, one: number]

/**
 * How far each facing's size is from each candidate's.
 *
 * @param sizesMm width and height of each product, zeros where not known.
 * @param known other facings of the frame: they tell how large things are here.
 * @returns for each facing product to misfit; absent where a size is not known.
 */
export function weighSizes(
  boxes: readonly BoxXyxy[],
  candidates: readonly (readonly Candidate[])[],
  sizesMm: Float32Array,
  known: readonly KnownSize[] = [],
): readonly ReadonlyMap<number, number>[] {
  const size = (product: number): readonly [number, number] | null => {
    const width = sizesMm[product * 2] as number
    return width > 0 ? [width, sizesMm[product * 2 + 1] as number] : null
  }
  const everyone = [...boxes, ...known.map(({ boxXyxy }) => boxXyxy)]
  const likely = [
    ...candidates.map((each) => each[0]?.product),
    ...known.map((each) => each.product),
  ]
  const terms = planeTerms(everyone)
  const witnesses = likely.flatMap((product, i) => {
    const mm = product === undefined ? null : size(product)
    return mm ? [{ i, mm }] : []
  })
  if (witnesses.length < MIN_WITNESSES) return candidates.map(() => new Map())
  const logSide = (i: number, axis: 0 | 1) => {
    const box = everyone[i] as BoxXyxy
    return Math.log((box[axis + 2] as number) - box[axis])
  }
  const planes = ([0, 1] as const).map((axis) =>
    fitPlane(
      witnesses.map(({ i }) => terms[i] as Terms),
      witnesses.map(({ i, mm }) => logSide(i, axis) - Math.log(mm[axis])),
    ),
  )
  return candidates.map((each, i) => {
    const misfits = new Map<number, number>()
    for (const { product } of each) {
      const mm = size(product)
      if (!mm) continue
      const off = ([0, 1] as const).map((axis) =>
        misfitOf(
          Math.log(mm[axis]) - (logSide(i, axis) - at(planes[axis] as Terms, terms[i] as Terms)),
        ),
      )
      misfits.set(product, ((off[0] as number) + (off[1] as number)) / 2)
    }
    return misfits
  })
}

function misfitOf(off: number): number {
  return SPREAD * Math.log1p((off / SPREAD) ** 2)
}

function planeTerms(boxes: readonly BoxXyxy[]): readonly Terms[] {
  const centres = boxes.map(([l, t, r, b]) => [(l + r) / 2, (t + b) / 2] as const)
  const axis = (which: 0 | 1) => {
    const values = centres.map((centre) => centre[which])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return { mean, spread: Math.max(Math.max(...values) - Math.min(...values), 1) }
  }
  const [x, y] = [axis(0), axis(1)]
  return centres.map(([cx, cy]) => [(cx - x.mean) / x.spread, (cy - y.mean) / y.spread, 1])
}

function at(plane: Terms, terms: Terms): number {
  return plane[0] * terms[0] + plane[1] * terms[1] + plane[2] * terms[2]
}

/** The plane most witnesses agree on. */
function fitPlane(terms: readonly Terms[], wanted: readonly number[]): Terms {
  let plane: Terms = [0, 0, median(wanted)]
  for (let round = 0; round < ROUNDS; round++) {
    const misfit = wanted.map((value, i) => Math.abs(at(plane, terms[i] as Terms) - value))
    const bar = Math.max(SPREAD, 2.5 * median(misfit))
    const kept = misfit.flatMap((value, i) => (value <= bar ? [i] : []))
    plane = leastSquares(
      kept.map((i) => terms[i] as Terms),
      kept.map((i) => wanted[i] as number),
    )
  }
  return plane
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** The shortest solution of least squares, as numpy.linalg.lstsq: by Jacobi's eigenvectors. */
export function leastSquares(terms: readonly Terms[], wanted: readonly number[]): Terms {
  const square = [0, 1, 2].map((r) =>
    [0, 1, 2].map((c) => terms.reduce((sum, t) => sum + (t[r] as number) * (t[c] as number), 0)),
  )
  const right = [0, 1, 2].map((r) =>
    terms.reduce((sum, t, i) => sum + (t[r] as number) * (wanted[i] as number), 0),
  )
  const { values, vectors } = eigen(square)
  const largest = Math.max(...values)
  const solution = [0, 0, 0]
  for (let k = 0; k < 3; k++) {
    const value = values[k] as number
    if (value <= largest * 1e-12) continue // a direction that no witness speaks of
    const column = vectors.map((row) => row[k] as number)
    const share = column.reduce((sum, v, r) => sum + v * (right[r] as number), 0) / value
    for (let r = 0; r < 3; r++)
      solution[r] = (solution[r] as number) + share * (column[r] as number)
  }
  return solution as unknown as Terms
}

function eigen(symmetric: readonly (readonly number[])[]): {
  values: number[]
  vectors: number[][]
} {
  const a = symmetric.map((row) => [...row])
  const v = [0, 1, 2].map((r) => [0, 1, 2].map((c) => (r === c ? 1 : 0)))
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of pairs) {
      const [ap, aq] = [a[p] as number[], a[q] as number[]]
      const off = ap[q] as number
      if (Math.abs(off) < 1e-300) continue
      const theta = ((aq[q] as number) - (ap[p] as number)) / (2 * off)
      const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
      const c = 1 / Math.sqrt(t * t + 1)
      rotate(a, v, p, q, c, t * c)
    }
  }
  return { values: [0, 1, 2].map((i) => (a[i] as number[])[i] as number), vectors: v }
}

function rotate(a: number[][], v: number[][], p: number, q: number, c: number, s: number): void {
  const turn = (row: number[]) => {
    const [x, y] = [row[p] as number, row[q] as number]
    row[p] = c * x - s * y
    row[q] = s * x + c * y
  }
  for (const row of a) turn(row)
  const [ap, aq] = [a[p] as number[], a[q] as number[]]
  for (let k = 0; k < 3; k++) {
    const [x, y] = [ap[k] as number, aq[k] as number]
    ap[k] = c * x - s * y
    aq[k] = s * x + c * y
  }
  for (const row of v) turn(row)
}

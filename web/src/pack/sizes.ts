/** Sizes as evidence: the same fit as facings/evidence/sizes.py, which says why. */

import type { BoxXyxy } from '../types'
import type { Candidate } from './search'

const MIN_WITNESSES = 6
/** By how much less similar than its best a product may still be what stands there. */
const NEAR = 0.1
const LEVEL = 0.05
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
    return mm ? [{ i, mm, product: product as number }] : []
  })
  const logSide = (i: number, axis: 0 | 1) => {
    const box = everyone[i] as BoxXyxy
    return Math.log((box[axis + 2] as number) - box[axis])
  }
  const planes = new Map<string, readonly Terms[]>()
  /** Two planes, across and down, told by some of the witnesses. */
  const planesBy = (some: typeof witnesses): readonly Terms[] => {
    const key = some.map(({ i }) => i).join()
    const found =
      planes.get(key) ??
      ([0, 1] as const).map((axis) =>
        fitPlane(
          some.map(({ i }) => terms[i] as Terms),
          some.map(({ i, mm }) => logSide(i, axis) - Math.log(mm[axis])),
        ),
      )
    planes.set(key, found)
    return found
  }
  return candidates.map((each, i) => {
    const misfits = new Map<number, number>()
    const doubtful = unsettled(each, size)
    const others = witnesses.filter(({ product }) => !doubtful.has(product))
    const some = others.length >= witnesses.length / 2 ? witnesses : others
    if (some.length < MIN_WITNESSES) return misfits
    const [across, down] = planesBy(some) as readonly [Terms, Terms]
    for (const { product } of each) {
      const mm = size(product)
      if (!mm) continue
      const off = ([0, 1] as const).map((axis) => {
        const logPxPerMm = at(axis === 0 ? across : down, terms[i] as Terms)
        return misfitOf(Math.log(mm[axis]) - (logSide(i, axis) - logPxPerMm))
      })
      misfits.set(product, ((off[0] as number) + (off[1] as number)) / 2)
    }
    return misfits
  })
}

/** What a facing may be by its vector, if that is of several sizes; else nothing. */
function unsettled(
  candidates: readonly Candidate[],
  size: (product: number) => readonly [number, number] | null,
): ReadonlySet<number> {
  const most = Math.max(...candidates.map(({ similarity }) => similarity))
  const near = candidates.filter(({ similarity }) => most - similarity < NEAR)
  const sizes = new Set(near.map(({ product }) => size(product)?.join()))
  return new Set(sizes.size > 1 ? near.map(({ product }) => product) : [])
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

/** About the middle of all; level across a row that is narrow by its length. */
export function leastSquares(terms: readonly Terms[], wanted: readonly number[]): Terms {
  const mean = (of: (terms: Terms, i: number) => number) =>
    terms.reduce((sum, each, i) => sum + of(each, i), 0) / terms.length
  const [x, y, z] = [mean((t) => t[0]), mean((t) => t[1]), mean((_, i) => wanted[i] as number)]
  const off = (i: number) => (wanted[i] as number) - z
  const xx = mean((t) => (t[0] - x) ** 2)
  const xy = mean((t) => (t[0] - x) * (t[1] - y))
  const yy = mean((t) => (t[1] - y) ** 2)
  const [xz, yz] = [mean((t, i) => (t[0] - x) * off(i)), mean((t, i) => (t[1] - y) * off(i))]
  // Along the row and across it: the eigenvectors of [[xx, xy], [xy, yy]].
  const turn = Math.atan2(2 * xy, xx - yy) / 2
  const half = Math.hypot((xx - yy) / 2, xy)
  const [long, wide] = [(xx + yy) / 2 + half, Math.max(0, (xx + yy) / 2 - half)]
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const along = long > 0 ? (cos * xz + sin * yz) / long : 0
  const across = wide > LEVEL ** 2 * long ? (cos * yz - sin * xz) / wide : 0
  const [a, b] = [cos * along - sin * across, sin * along + cos * across]
  return [a, b, z - a * x - b * y]
}

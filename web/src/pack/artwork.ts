/** Artwork as evidence: the same comparison as facings/evidence/artwork.py, which says why. */

import type { Candidate } from './search'

const NEAR = 0.1
const MOST_NEAR = 6
const REACH = 2
const ONE = 127

export type Shape = readonly [channels: number, rows: number, columns: number]

/** Likeness of a facing to its near candidates, by product; empty unless two are near. */
export function weighArtwork(
  seen: Int8Array | null,
  candidates: readonly Candidate[],
  gallery: Int8Array,
  shape: Shape,
): ReadonlyMap<number, number> {
  const size = shape[0] * shape[1] * shape[2]
  const first = candidates[0]
  if (!seen || !first || gallery.length === 0 || seen.length !== size) return new Map()
  const near = candidates
    .filter((each) => first.similarity - each.similarity < NEAR)
    .slice(0, MOST_NEAR)
  if (near.length < 2) return new Map()
  const known = near.map((each) => gallery.subarray(each.picture * size, (each.picture + 1) * size))
  const likeness = compareArtwork(seen, known, shape)
  return new Map(near.map((each, i) => [each.product, likeness[i] as number]))
}

/** Mean over the cells in which look-alikes differ, a cell moved by up to REACH each way. */
export function compareArtwork(
  seen: Int8Array,
  known: readonly Int8Array[],
  shape: Shape,
): readonly number[] {
  const weights = cellWeights(known, shape)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total < 1e-6) return known.map(() => 0)
  return known.map((cells) => {
    const best = new Float32Array(weights.length).fill(Number.NEGATIVE_INFINITY)
    for (let dy = -REACH; dy <= REACH; dy++) {
      for (let dx = -REACH; dx <= REACH; dx++) {
        const found = meanOfNine(products(seen, cells, shape, dx, dy), shape)
        for (let i = 0; i < best.length; i++) {
          if ((found[i] as number) > (best[i] as number)) best[i] = found[i] as number
        }
      }
    }
    return best.reduce((sum, value, i) => sum + value * (weights[i] as number), 0) / total
  })
}

/** Square of half the largest squared distance of two look-alikes, cell by cell. */
function cellWeights(known: readonly Int8Array[], [channels, rows, columns]: Shape): Float32Array {
  const count = rows * columns
  const largest = new Float32Array(count)
  for (let one = 0; one < known.length; one++) {
    for (let other = one + 1; other < known.length; other++) {
      const [a, b] = [known[one] as Int8Array, known[other] as Int8Array]
      for (let i = 0; i < count; i++) {
        let sum = 0
        for (let c = 0; c < channels; c++) {
          const off = ((a[c * count + i] as number) - (b[c * count + i] as number)) / ONE
          sum += off * off
        }
        largest[i] = Math.max(largest[i] as number, sum / 2)
      }
    }
  }
  return largest.map((value) => value * value)
}

/** Dot product of each cell of `known` with that of `seen` beside it; zeros outside. */
function products(
  seen: Int8Array,
  known: Int8Array,
  [channels, rows, columns]: Shape,
  dx: number,
  dy: number,
): Float32Array {
  const count = rows * columns
  const found = new Float32Array(count)
  for (let c = 0; c < channels; c++) {
    for (let y = Math.max(0, -dy); y < Math.min(rows, rows - dy); y++) {
      for (let x = Math.max(0, -dx); x < Math.min(columns, columns - dx); x++) {
        const i = y * columns + x
        const moved = (y + dy) * columns + x + dx
        found[i] =
          (found[i] as number) +
          (seen[c * count + moved] as number) * (known[c * count + i] as number)
      }
    }
  }
  return found.map((value) => value / (ONE * ONE))
}

function meanOfNine(cells: Float32Array, [, rows, columns]: Shape): Float32Array {
  const found = new Float32Array(cells.length)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0
      for (let v = Math.max(0, y - 1); v <= Math.min(rows - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
          sum += cells[v * columns + u] as number
        }
      }
      found[y * columns + x] = sum / 9
    }
  }
  return found
}

/**
 * Looks: what several looks at one facing show, as one. The same as facings/looks.py, with the same
 * cases (tests/golden/looks.json). Noise of one crop is not that of the next: the mean direction is
 * nearer to the product than each of them.
 */

/** By how much larger a facing must be seen, in area, for earlier looks to count no more. */
export const NEARER = 1.8
/** Length of a unit vector in int8. */
const ONE = 127

/** One look at a facing, or several as one. */
export interface Look {
  /** Unit vector x 127. */
  readonly vectorI8: Int8Array
  /** (C, H, W) each cell a unit vector x 127; null where not computed. */
  readonly artworkI8: Int8Array | null
  /** C, numbers of one cell. */
  readonly channels: number
}

export class Looks {
  #channels = 0
  #vector: Float64Array | null = null
  #artwork: Float64Array | null = null
  #largestPx = 0
  #count = 0

  /** Looks that count. */
  get count(): number {
    return this.#count
  }

  /** Largest area it was seen in, in square pixels. */
  get largestPx(): number {
    return this.#largestPx
  }

  /** Whether a facing of that area is seen so much nearer that it begins anew. */
  isNearer(areaPx: number): boolean {
    return areaPx > NEARER * this.#largestPx
  }

  /** @param areaPx of the facing in its frame: what a look weighs. */
  add({ vectorI8, artworkI8, channels }: Look, areaPx: number): void {
    if (this.isNearer(areaPx)) {
      this.#vector = null
      this.#artwork = null
      this.#count = 0
    }
    this.#largestPx = Math.max(this.#largestPx, areaPx)
    this.#channels = channels
    this.#vector = added(this.#vector, vectorI8, areaPx)
    if (artworkI8) this.#artwork = added(this.#artwork, artworkI8, areaPx)
    this.#count++
  }

  /** All of them as one; null before the first. */
  get fused(): Look | null {
    if (this.#vector === null) return null
    return {
      vectorI8: unitCells(this.#vector, this.#vector.length),
      artworkI8: this.#artwork && unitCells(this.#artwork, this.#channels),
      channels: this.#channels,
    }
  }
}

function added(sum: Float64Array | null, numbers: Int8Array, weight: number): Float64Array {
  const next = sum ?? new Float64Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    next[i] = (next[i] as number) + weight * (numbers[i] as number)
  }
  return next
}

/** Each of the cells, `channels` numbers that lie `cells` apart, brought to length 127. */
function unitCells(sum: Float64Array, channels: number): Int8Array {
  const cells = sum.length / channels
  const found = new Int8Array(sum.length)
  for (let cell = 0; cell < cells; cell++) {
    let square = 0
    for (let i = cell; i < sum.length; i += cells) square += (sum[i] as number) ** 2
    const scale = square > 0 ? ONE / Math.sqrt(square) : 0
    for (let i = cell; i < sum.length; i += cells) {
      found[i] = Math.round((sum[i] as number) * scale)
    }
  }
  return found
}

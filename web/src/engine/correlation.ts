/** Correlation: where a block of one picture is found in another, as OpenCV's TM_CCOEFF_NORMED. */

import type { Plane } from './grey'

const LEAST_CONTRAST = 4 // standard deviation in grey levels
/** Shifts whose products are summed at once. */
const ABREAST = 3

export interface Found {
  /** Correlation in [-1, 1]. */
  readonly fit: number
  /** By how much the block was shifted. */
  readonly x: number
  readonly y: number
}

/** Looks for blocks of a picture in a facing, by normalised cross-correlation. */
export class Search {
  readonly #side: number
  readonly #reach: number
  /** The facing with zeros around it. */
  readonly #seen: Float64Array
  readonly #rowLength: number
  /** One over the spread of the window that begins at each pixel; 0 where it has none. */
  readonly #sharpness: Float64Array
  readonly #block: Float64Array
  readonly #sums = new Float64Array(ABREAST)

  constructor(facing: Plane, blockPx: number, reachPx: number) {
    this.#side = blockPx
    this.#reach = reachPx
    this.#rowLength = facing.width + 2 * reachPx
    // Shifts that are summed at once may end beyond the last window.
    this.#seen = new Float64Array(this.#rowLength * (facing.height + 2 * reachPx) + ABREAST)
    for (let row = 0; row < facing.height; row++) {
      const start = row * facing.width
      const out = (row + reachPx) * this.#rowLength + reachPx
      this.#seen.set(facing.values.subarray(start, start + facing.width), out)
    }
    this.#sharpness = sharpnessOf(this.#seen, this.#rowLength, blockPx)
    this.#block = new Float64Array(blockPx * blockPx)
  }

  /** Where the block at `left`, `top` fits best; null where it looks like its surroundings. */
  find(known: Plane, left: number, top: number): Found | null {
    const spread = this.#take(known, left, top)
    if (spread < LEAST_CONTRAST * this.#side) return null
    const shifts = 2 * this.#reach + 1
    let [best, bestX, bestY] = [Number.NEGATIVE_INFINITY, 0, 0]
    for (let y = 0; y < shifts; y++) {
      for (let x = 0; x < shifts; x += ABREAST) {
        const at = (top + y) * this.#rowLength + left + x
        sumProducts(this.#block, this.#seen, at, this.#rowLength, this.#side, this.#sums)
        const end = Math.min(ABREAST, shifts - x)
        for (let i = 0; i < end; i++) {
          const fit = (this.#sums[i] as number) * (this.#sharpness[at + i] as number)
          if (fit > best) [best, bestX, bestY] = [fit, x + i, y]
        }
      }
    }
    return { fit: best / spread, x: bestX - this.#reach, y: bestY - this.#reach }
  }

  /** Take a block without its mean, and give the root of its sum of squares. */
  #take({ width, values }: Plane, left: number, top: number): number {
    const block = this.#block
    let sum = 0
    for (let row = 0, out = 0; row < this.#side; row++) {
      const start = (top + row) * width + left
      for (let column = 0; column < this.#side; column++, out++) {
        block[out] = values[start + column] as number
        sum += block[out] as number
      }
    }
    const mean = sum / block.length
    let squares = 0
    for (let i = 0; i < block.length; i++) {
      block[i] = (block[i] as number) - mean
      squares += (block[i] as number) ** 2
    }
    return Math.sqrt(squares)
  }
}

/** Sums of products of a block and the windows at `at` and the next two pixels. */
function sumProducts(
  block: Float64Array,
  seen: Float64Array,
  at: number,
  rowLength: number,
  side: number,
  into: Float64Array,
): void {
  let [first, second, third] = [0, 0, 0]
  const skipped = rowLength - side
  for (let i = 0, pixel = at; i < block.length; pixel += skipped) {
    let a = seen[pixel] as number
    let b = seen[pixel + 1] as number
    for (const end = i + side; i < end; i += 4, pixel += 4) {
      const p = block[i] as number
      const q = block[i + 1] as number
      const r = block[i + 2] as number
      const s = block[i + 3] as number
      const c = seen[pixel + 2] as number
      const d = seen[pixel + 3] as number
      const e = seen[pixel + 4] as number
      const f = seen[pixel + 5] as number
      first += p * a + q * b + (r * c + s * d)
      second += p * b + q * c + (r * d + s * e)
      third += p * c + q * d + (r * e + s * f)
      a = e
      b = f
    }
  }
  into[0] = first
  into[1] = second
  into[2] = third
}

/** From sums over all pixels left and above; what is next to plain is plain, as in OpenCV. */
function sharpnessOf(seen: Float64Array, rowLength: number, side: number): Float64Array {
  const rows = Math.floor(seen.length / rowLength)
  const stride = rowLength + 1
  const sums = new Float64Array(stride * (rows + 1))
  const squares = new Float64Array(sums.length)
  const into = new Float64Array(seen.length)
  for (let y = 0; y < rows; y++) {
    let [sum, square] = [0, 0]
    for (let x = 0; x < rowLength; x++) {
      const value = seen[y * rowLength + x] as number
      sum += value
      square += value * value
      const at = (y + 1) * stride + x + 1
      sums[at] = (sums[at - stride] as number) + sum
      squares[at] = (squares[at - stride] as number) + square
    }
  }
  for (let y = 0; y + side <= rows; y++) {
    for (let x = 0; x + side <= rowLength; x++) {
      const square = boxOf(squares, stride, x, y, side)
      const spread = square - boxOf(sums, stride, x, y, side) ** 2 / (side * side)
      if (spread > Math.min(0.5, 1.2e-6 * square)) into[y * rowLength + x] = 1 / Math.sqrt(spread)
    }
  }
  return into
}

function boxOf(sums: Float64Array, stride: number, x: number, y: number, side: number): number {
  const [top, bottom] = [y * stride + x, (y + side) * stride + x]
  const [a, b] = [sums[top] as number, sums[top + side] as number]
  return a - b - (sums[bottom] as number) + (sums[bottom + side] as number)
}

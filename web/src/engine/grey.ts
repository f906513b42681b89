/** Grey: pictures of one channel, resized and smoothed as OpenCV does it for facings/compare.py. */

import { type Picture, tapsOf } from './tensor'

export interface Grey {
  readonly width: number
  readonly height: number
  readonly grey: Uint8Array
}

/** A number for each pixel, by rows. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly values: Float64Array
}

/** OpenCV's weights of red, green and blue, of 32768. */
const [RED, GREEN, BLUE] = [9798, 19235, 3735] as const

export function greyOf({ width, height, rgba }: Picture): Grey {
  const grey = new Uint8Array(width * height)
  for (let i = 0, pixel = 0; i < grey.length; i++, pixel += 4) {
    const [red, green, blue] = [rgba[pixel], rgba[pixel + 1], rgba[pixel + 2]]
    const sum = RED * (red as number) + GREEN * (green as number) + BLUE * (blue as number)
    grey[i] = (sum + 16384) >> 15
  }
  return { width, height, grey }
}

/** Resize as `draw` does: sides that shrink average areas, sides that grow are interpolated. */
export function resizedGrey(from: Grey, width: number, height: number): Grey {
  const across = tapsOf(from.width, width)
  const down = tapsOf(from.height, height)
  const lines = new Float64Array(from.height * width)
  for (let row = 0, out = 0; row < from.height; row++) {
    for (let column = 0; column < width; column++, out++) {
      const first = row * from.width + (across.first[column] as number)
      const count = across.count[column] as number
      let sum = 0
      for (let i = 0, tap = column * across.stride; i < count; i++, tap++) {
        sum += (across.weights[tap] as number) * (from.grey[first + i] as number)
      }
      lines[out] = sum
    }
  }
  const grey = new Uint8Array(width * height)
  for (let row = 0, out = 0; row < height; row++) {
    const first = (down.first[row] as number) * width
    const count = down.count[row] as number
    for (let column = 0; column < width; column++, out++) {
      let sum = 0
      for (let i = 0, tap = row * down.stride; i < count; i++, tap++) {
        sum += (down.weights[tap] as number) * (lines[first + i * width + column] as number)
      }
      grey[out] = Math.round(sum)
    }
  }
  return { width, height, grey }
}

/** Grey levels as numbers. */
export function planeOf({ width, height, grey }: Grey): Plane {
  return { width, height, values: new Float64Array(grey) }
}

/** Sums over the square around each pixel, zeros beyond the edge. */
export function sumsAround(plane: Plane, side: number): Plane {
  const into = new Float64Array(plane.values.length)
  sumAround(plane, side, into, new Float64Array(plane.width + side))
  return { width: plane.width, height: plane.height, values: into }
}

/**
 * The same without allocation: what enters the square is added, what leaves it taken away.
 *
 * @param side odd.
 * @param columns room for width + side numbers.
 */
export function sumAround(
  { width, height, values }: Plane,
  side: number,
  into: Float64Array,
  columns: Float64Array,
): void {
  const reach = (side - 1) / 2
  columns.fill(0)
  for (let y = -reach; y < height; y++) {
    const [enters, leaves] = [(y + reach) * width, (y - reach - 1) * width]
    const [hasMore, hasLeft] = [y + reach < height, leaves >= 0]
    for (let x = 0, at = reach + 1; x < width; x++, at++) {
      const more = hasMore ? (values[enters + x] as number) : 0
      const less = hasLeft ? (values[leaves + x] as number) : 0
      columns[at] = (columns[at] as number) + (more - less)
    }
    if (y < 0) continue
    let sum = 0
    for (let x = 1; x < side; x++) sum += columns[x] as number
    for (let x = 0, out = y * width; x < width; x++, out++) {
      sum += (columns[x + side] as number) - (columns[x] as number)
      into[out] = sum
    }
  }
}

/** Means over the square around each pixel; beyond the edge the picture is mirrored. */
export function meansAround(plane: Plane, side: number): Plane {
  const reach = (side - 1) / 2
  const sums = sumsAround(mirrored(plane, reach), side)
  const values = new Float64Array(plane.values.length)
  for (let y = 0, out = 0; y < plane.height; y++) {
    const start = (y + reach) * sums.width + reach
    for (let x = 0; x < plane.width; x++, out++) {
      values[out] = (sums.values[start + x] as number) / (side * side)
    }
  }
  return { width: plane.width, height: plane.height, values }
}

/** Gaussian blur; beyond the edge the picture is mirrored. */
export function blurred(plane: Plane, sigmaPx: number, reachPx: number): Plane {
  const bell = Float64Array.from({ length: 2 * reachPx + 1 }, (_, i) =>
    Math.exp(-((i - reachPx) ** 2) / (2 * sigmaPx ** 2)),
  )
  const total = bell.reduce((sum, weight) => sum + weight, 0)
  const weights = bell.map((weight) => weight / total)
  const { width, height } = plane
  const wide = mirrored(plane, reachPx)
  const lines = weighted(wide.values, weights, { width, height: wide.height }, wide.width, 1)
  return { width, height, values: weighted(lines, weights, plane, width, width) }
}

/** Weighted sums of as many numbers as there are weights, `step` apart. */
function weighted(
  values: Float64Array,
  weights: Float64Array,
  { width, height }: Pick<Plane, 'width' | 'height'>,
  rowLength: number,
  step: number,
): Float64Array {
  const into = new Float64Array(width * height)
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0, at = y * rowLength; x < width; x++, at++, out++) {
      let sum = 0
      for (let i = 0, from = at; i < weights.length; i++, from += step) {
        sum += (weights[i] as number) * (values[from] as number)
      }
      into[out] = sum
    }
  }
  return into
}

/** Add a mirrored edge; the outermost pixels are not repeated (BORDER_REFLECT_101). */
function mirrored({ width, height, values }: Plane, edge: number): Plane {
  const wide = { width: width + 2 * edge, height: height + 2 * edge }
  const columns = Array.from({ length: wide.width }, (_, x) => back(x - edge, width))
  const into = new Float64Array(wide.width * wide.height)
  for (let y = 0, out = 0; y < wide.height; y++) {
    const start = back(y - edge, height) * width
    for (let x = 0; x < wide.width; x++, out++) {
      into[out] = values[start + (columns[x] as number)] as number
    }
  }
  return { ...wide, values: into }
}

function back(place: number, side: number): number {
  if (side === 1) return 0
  const around = 2 * (side - 1)
  const inside = ((place % around) + around) % around
  return Math.min(inside, around - inside)
}

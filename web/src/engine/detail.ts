/**
 * Detail: how alike a facing and its look-alikes' pictures are where these differ. The same as
 * facings/evidence/detail.py, which says why. Places are shifted as a whole, so each keeps its
 * pixels side by side, and all means are left as sums.
 */

import { blurred, type Grey, type Plane, planeOf, sumAround, sumsAround } from './grey'

const SURROUNDINGS_PX = 11
const PLACE_PX = 2
const PLACE_AREA = PLACE_PX * PLACE_PX
const WINDOW = 11 // places
/** By which a place may be shifted, each way, in places. */
const REACH = 4
const BLUR_PX = 1
const BLUR_REACH_PX = 3
const SPREAD_PX = 4
const SPREAD_REACH_PX = 16
const NOISE = 0.02 // of brightness in [0, 1]
/** What noise adds to the squares of all pixels of a window. */
const NOISE_IN_WINDOW = NOISE ** 2 * PLACE_AREA * WINDOW ** 2
const SEEN_POWER = 4

/**
 * Likeness of a facing to each picture where these differ.
 *
 * @param covered 255 where the facing shows anything of them.
 * @param pictures at least two, all of the facing's size.
 * @returns in [-1, 1] each; zeros where all pictures are the same.
 */
export function compareDetail(
  facing: Grey,
  covered: Grey,
  pictures: readonly Grey[],
): readonly number[] {
  const mask = insideOf(covered)
  const known = pictures.map((each) => printOf(softened(each), mask))
  const differing = differingOf(known, mask)
  if (differing.reduce((sum, weight) => sum + weight, 0) < 1e-9) return pictures.map(() => 0)
  const likeness = bestLikeness(printOf(facing, mask), known)
  const said = new Float64Array(known.length)
  let total = 0
  for (let i = 0; i < differing.length; i++) {
    let most = 1e-3
    for (const each of likeness) most = Math.max(most, each[i] as number)
    const weight = (differing[i] as number) * most ** SEEN_POWER
    total += weight
    likeness.forEach((each, k) => {
      const here = each[i] as number
      said[k] = (said[k] as number) + here * Math.abs(here) * weight
    })
  }
  return Array.from(said, (sum) => sum / total)
}

/** 1 where a pixel and all beside it are covered, else 0. */
function insideOf({ width, height, grey }: Grey): Plane {
  const bare = new Float64Array(grey).map((level) => (level === 255 ? 0 : 1))
  const around = sumsAround({ width, height, values: bare }, 3).values
  return { width, height, values: around.map((count) => (count === 0 ? 1 : 0)) }
}

/** A picture as blurred as a facing is. */
function softened(picture: Grey): Grey {
  const { values } = blurred(planeOf(picture), BLUR_PX, BLUR_REACH_PX)
  return { ...picture, grey: new Uint8Array(values.map(Math.round)) }
}

/** What stands out from its surroundings, in [-1, 1]; 0 outside the mask. */
function printOf({ width, height, grey }: Grey, mask: Plane): Plane {
  const bright = mask.values.map((inside, i) => ((grey[i] as number) / 255) * inside)
  const around = sumsAround({ width, height, values: bright }, SURROUNDINGS_PX).values
  const count = sumsAround(mask, SURROUNDINGS_PX).values
  const least = 1e-6 * SURROUNDINGS_PX ** 2
  const values = bright.map((level, i) => {
    const mean = (around[i] as number) / ((count[i] as number) + least)
    return (level - mean) * (mask.values[i] as number)
  })
  return { width, height, values }
}

/** How much pictures differ at each place. */
function differingOf(known: readonly Plane[], mask: Plane): Float64Array {
  const variance = mask.values.map((_, i) => {
    const mean = known.reduce((sum, { values }) => sum + (values[i] as number), 0) / known.length
    return (
      known.reduce((sum, { values }) => sum + ((values[i] as number) - mean) ** 2, 0) / known.length
    )
  })
  const spread = blurred({ ...mask, values: variance }, SPREAD_PX, SPREAD_REACH_PX)
  const places = placesOf(mask, 0)
  const into = new Float64Array(places.columns * places.rows)
  sumProducts(placesOf(spread, 0), 0, 0, places, into)
  return into.map((sum) => sum / PLACE_AREA)
}

/** Correlation of each place with each picture, shifted as the window around it fits best. */
export function bestLikeness(seen: Plane, known: readonly Plane[]): readonly Float64Array[] {
  const moving = placesOf(seen, REACH)
  const squares = { ...moving, values: moving.values.map((value) => value ** 2) }
  const whole = placesOf({ ...seen, values: seen.values.map(() => 1) }, 0)
  const pictures = known.map((each) => new Fit(placesOf(each, 0)))
  const spread = new Windows(whole)
  for (let y = -REACH; y <= REACH; y++) {
    for (let x = -REACH; x <= REACH; x++) {
      sumProducts(squares, x, y, whole, spread.of)
      const sharpness = sharpen(spread.sum())
      for (const each of pictures) each.look(moving, x, y, sharpness)
    }
  }
  return pictures.map((each) => each.likeness)
}

/** Of one picture: at each place the likeness of the shift at which the window fits best. */
class Fit {
  readonly likeness: Float64Array
  readonly #fit: Float64Array
  readonly #known: Places
  readonly #sharpness: Float64Array
  readonly #products: Windows
  readonly #found: Windows

  constructor(known: Places) {
    this.#known = known
    this.#products = new Windows(known)
    this.#found = new Windows(known)
    sumProducts(known, 0, 0, known, this.#products.of)
    this.#sharpness = sharpen(this.#products.sum().slice())
    this.likeness = new Float64Array(this.#sharpness.length)
    this.#fit = this.likeness.slice().fill(Number.NEGATIVE_INFINITY)
  }

  /** Look at the facing shifted by `x`, `y` places. */
  look(moving: Places, x: number, y: number, sharpness: Float64Array): void {
    sumProducts(moving, x, y, this.#known, this.#products.of)
    const products = this.#products.sum()
    const [found, mine] = [this.#found.of, this.#sharpness]
    for (let i = 0; i < found.length; i++) {
      found[i] = (products[i] as number) * (sharpness[i] as number) * (mine[i] as number)
    }
    const around = this.#found.sum()
    const [fit, likeness] = [this.#fit, this.likeness]
    for (let i = 0; i < fit.length; i++) {
      if ((around[i] as number) <= (fit[i] as number)) continue
      fit[i] = around[i] as number
      likeness[i] = found[i] as number
    }
  }
}

/** Sums over the window around each place, again and again. */
class Windows {
  /** What is summed. */
  readonly of: Float64Array
  readonly #plane: Plane
  readonly #sums: Float64Array
  readonly #columns: Float64Array

  constructor({ columns, rows }: Places) {
    this.of = new Float64Array(columns * rows)
    this.#plane = { width: columns, height: rows, values: this.of }
    this.#sums = new Float64Array(columns * rows)
    this.#columns = new Float64Array(columns + WINDOW)
  }

  sum(): Float64Array {
    sumAround(this.#plane, WINDOW, this.#sums, this.#columns)
    return this.#sums
  }
}

/** One over the spread of each window, in place of its sum of squares. */
function sharpen(squares: Float64Array): Float64Array {
  for (let i = 0; i < squares.length; i++) {
    squares[i] = 1 / Math.sqrt((squares[i] as number) + NOISE_IN_WINDOW)
  }
  return squares
}

/** The PLACE_AREA pixels of each place, side by side. */
interface Places {
  readonly columns: number
  readonly rows: number
  /** Places of zeros on each side, which `columns` and `rows` leave out. */
  readonly margin: number
  readonly values: Float64Array
}

/** Of an odd row or column what is missing is zeros. */
function placesOf({ width, height, values }: Plane, margin: number): Places {
  const [columns, rows] = [Math.ceil(width / PLACE_PX), Math.ceil(height / PLACE_PX)]
  const rowLength = columns + 2 * margin
  const into = new Float64Array(PLACE_AREA * rowLength * (rows + 2 * margin))
  for (let y = 0, pixel = 0; y < height; y++) {
    const start = ((y >> 1) + margin) * rowLength + margin
    for (let x = 0; x < width; x++, pixel++) {
      into[PLACE_AREA * (start + (x >> 1)) + PLACE_PX * (y & 1) + (x & 1)] = values[pixel] as number
    }
  }
  return { columns, rows, margin, values: into }
}

/** Sum of products of each place of `known` with that of `moving`, shifted by `x`, `y` places. */
function sumProducts(
  moving: Places,
  x: number,
  y: number,
  known: Places,
  into: Float64Array,
): void {
  const { columns, rows } = known
  const [of, by] = [moving.values, known.values]
  const rowLength = columns + 2 * moving.margin
  for (let row = 0, out = 0, k = 0; row < rows; row++) {
    let m = PLACE_AREA * ((row - y + moving.margin) * rowLength + moving.margin - x)
    for (let column = 0; column < columns; column++, out++, k += PLACE_AREA, m += PLACE_AREA) {
      into[out] =
        (of[m] as number) * (by[k] as number) +
        (of[m + 1] as number) * (by[k + 1] as number) +
        ((of[m + 2] as number) * (by[k + 2] as number) +
          (of[m + 3] as number) * (by[k + 3] as number))
    }
  }
}

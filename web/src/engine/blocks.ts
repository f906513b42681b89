/**
 * Blocks: the move that lays a facing over a picture of a look-alike. The same as
 * facings/evidence/blocks.py, which says why.
 */

import { Search } from './correlation'
import { type Grey, meansAround, type Plane, planeOf, resizedGrey } from './grey'
import { roundHalfEven } from './tensor'

const SURROUNDINGS_PX = 11
const LEAST_CORRELATION = 0.5
const AGREEMENT_PX = 2
const FEWEST_BLOCKS = 6
const MOST_BENT = 0.3
const TRIALS = 300

interface Level {
  /** Of the pictures. */
  readonly scale: number
  /** Side of a block, a multiple of 4; every half block there is one. */
  readonly blockPx: number
  /** How far from its place a block may be, each way. */
  readonly reachPx: number
}

const LEVELS: readonly Level[] = [
  { scale: 0.375, blockPx: 16, reachPx: 10 },
  { scale: 0.75, blockPx: 24, reachPx: 8 },
]

/** x' = a x + b y + c, y' = d x + e y + f. */
export type Move = readonly [a: number, b: number, c: number, d: number, e: number, f: number]
const STAYS: Move = [1, 0, 0, 0, 1, 0]

/**
 * Find the affine move from a picture's pixels to those of a facing that shows the same.
 *
 * @param facing brought to the picture's size.
 * @returns null where too few blocks agree on any move.
 */
export function findMoveByBlocks(facing: Grey, picture: Grey): Move | null {
  let move: Move | null = null
  for (const level of LEVELS) {
    const before: Move = move ?? STAYS
    const found = moveAt(level, movedBy(before, facing), picture)
    if (found === null) return move
    move = chained(before, found)
  }
  return move
}

/** Lay a facing over a picture of its size; beyond its edge its last pixels go on. */
export function movedBy([a, b, c, d, e, f]: Move, { width, height, grey }: Grey): Grey {
  const into = new Uint8Array(grey.length)
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++, out++) {
      const x = Math.min(Math.max(a * column + b * row + c, 0), width - 1)
      const y = Math.min(Math.max(d * column + e * row + f, 0), height - 1)
      const [left, top] = [Math.floor(x), Math.floor(y)]
      const [across, down] = [x - left, y - top]
      const [right, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)]
      const upper =
        (1 - across) * (grey[top * width + left] as number) +
        across * (grey[top * width + right] as number)
      const lower =
        (1 - across) * (grey[below * width + left] as number) +
        across * (grey[below * width + right] as number)
      into[out] = Math.round((1 - down) * upper + down * lower)
    }
  }
  return { width, height, grey: into }
}

/** 255 where a facing that was moved so shows anything of the picture. */
export function coveredBy([a, b, c, d, e, f]: Move, { width, height }: Grey): Grey {
  const into = new Uint8Array(width * height)
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++, out++) {
      const x = Math.round(a * column + b * row + c)
      const y = Math.round(d * column + e * row + f)
      if (x >= 0 && y >= 0 && x < width && y < height) into[out] = 255
    }
  }
  return { width, height, grey: into }
}

/** The move that `then` makes before `first`. */
function chained([a, b, c, d, e, f]: Move, [g, h, i, j, k, l]: Move): Move {
  return [
    a * g + b * j,
    a * h + b * k,
    a * i + b * l + c,
    d * g + e * j,
    d * h + e * k,
    d * i + e * l + f,
  ]
}

/** Where a block is in a picture, and where it was found in the facing. */
interface Pair {
  readonly x: number
  readonly y: number
  readonly toX: number
  readonly toY: number
}

/** Find the move at one size, in pixels of the pictures as they are. */
function moveAt({ scale, blockPx, reachPx }: Level, facing: Grey, picture: Grey): Move | null {
  const known = printOf(picture, scale)
  const search = new Search(printOf(facing, scale), blockPx, reachPx)
  const pairs: Pair[] = []
  const step = blockPx / 2
  for (let top = 0; top + blockPx <= known.height; top += step) {
    for (let left = 0; left + blockPx <= known.width; left += step) {
      const found = search.find(known, left, top)
      if (found === null || found.fit < LEAST_CORRELATION) continue
      const [x, y] = [left + step, top + step]
      pairs.push({ x, y, toX: x + found.x, toY: y + found.y })
    }
  }
  const move = agreed(pairs)
  if (move === null) return null
  const [a, b, c, d, e, f] = move
  return [a, b, c / scale, d, e, f / scale]
}

/** What stands out from its surroundings, in grey levels. */
function printOf(grey: Grey, scale: number): Plane {
  const width = Math.max(1, roundHalfEven(scale * grey.width))
  const height = Math.max(1, roundHalfEven(scale * grey.height))
  const small = planeOf(resizedGrey(grey, width, height))
  const around = meansAround(small, SURROUNDINGS_PX)
  return {
    width,
    height,
    values: small.values.map((value, i) => value - (around.values[i] as number)),
  }
}

/** The affine move that takes most blocks to where they were found; null if few. */
function agreed(pairs: readonly Pair[]): Move | null {
  let best: readonly Pair[] = []
  for (const three of threesOf(pairs)) {
    const tried = isFlat(three) ? null : fitted(three)
    if (tried === null || isBent(tried)) continue
    const agree = pairs.filter((pair) => missPx2(tried, pair) <= AGREEMENT_PX ** 2)
    if (agree.length > best.length) best = agree
  }
  return best.length < FEWEST_BLOCKS ? null : fitted(best)
}

/** TRIALS threes, the same in every language. */
function threesOf(pairs: readonly Pair[]): Pair[][] {
  if (pairs.length < FEWEST_BLOCKS) return []
  let state = 1
  const drawn = () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0 // Numerical Recipes' generator
    return pairs[(state >>> 16) % pairs.length] as Pair
  }
  return Array.from({ length: TRIALS }, () => [drawn(), drawn(), drawn()])
}

/** Whether three places lie on a line: twice the area between them is next to nothing. */
function isFlat([one, two, three]: readonly Pair[]): boolean {
  if (!one || !two || !three) return true
  const area = (two.x - one.x) * (three.y - one.y) - (two.y - one.y) * (three.x - one.x)
  return Math.abs(area) <= 1
}

/** Whether it turns or stretches more than facings of a picture's size do. */
function isBent([a, b, , d, e]: Move): boolean {
  return Math.max(Math.abs(a - 1), Math.abs(b), Math.abs(d), Math.abs(e - 1)) > MOST_BENT
}

/** Square of the distance from where a move takes a block to where it was found. */
function missPx2([a, b, c, d, e, f]: Move, { x, y, toX, toY }: Pair): number {
  return (a * x + b * y + c - toX) ** 2 + (d * x + e * y + f - toY) ** 2
}

/** Least squares about the middle of all places, so that two unknowns a row are left. */
function fitted(pairs: readonly Pair[]): Move {
  const mean = (of: (pair: Pair) => number) =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  const [x, y] = [mean((pair) => pair.x), mean((pair) => pair.y)]
  const [toX, toY] = [mean((pair) => pair.toX), mean((pair) => pair.toY)]
  const xx = mean((pair) => (pair.x - x) ** 2)
  const xy = mean((pair) => (pair.x - x) * (pair.y - y))
  const yy = mean((pair) => (pair.y - y) ** 2)
  const row = (off: (pair: Pair) => number): [number, number] => {
    const [alongX, alongY] = [
      mean((pair) => (pair.x - x) * off(pair)),
      mean((pair) => (pair.y - y) * off(pair)),
    ]
    const by = xx * yy - xy * xy
    return [(alongX * yy - alongY * xy) / by, (alongY * xx - alongX * xy) / by]
  }
  const [a, b] = row((pair) => pair.toX - toX)
  const [d, e] = row((pair) => pair.toY - toY)
  return [a, b, toX - a * x - b * y, d, e, toY - d * x - e * y]
}

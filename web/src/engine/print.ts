/**
 * Print: what can be read on a facing. One network says where print is, another what a line of it
 * says: PP-OCR's, made small (docs/models/facings-print.md). Step by step as in
 * e2e/print_reader.py.
 */

import { type Manifest, PRINT_FINDER, PRINT_READER } from './manifest'
import { cutOut } from './rectify'
import { type Cut, type Picture, roundHalfEven } from './tensor'

const MOST_ENLARGED = 3
/** Of one facing: the widest. */
const MOST_LINES = 12
/** Of a line, in pixels of the tensor. */
const LEAST_SIDE_PX = 3
/** How much larger a line is than its hot middle: PaddleOCR's unclip_ratio. */
const GROWN = 1.6
/** Width by height of a line: longer ones are cut. */
const MOST_ASPECT = 10

/** What a network says, by rows. */
export interface Output {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** Runs a network on a picture, resized by `scale`. */
export type RunFitted = (model: Manifest, picture: Picture, scale: number) => Promise<Output>

/**
 * Read the lines of print on a picture.
 *
 * @returns the widest first; none where nothing was read.
 */
export async function readPrint(picture: Picture, run: RunFitted): Promise<readonly string[]> {
  const longest = Math.max(picture.width, picture.height)
  const scale = Math.min(MOST_ENLARGED, PRINT_FINDER.input.size_wh[0] / longest)
  const { data, dims } = await run(PRINT_FINDER, picture, scale)
  const heat = { width: dims[3] as number, height: dims[2] as number, data }
  const texts: string[] = []
  for (const line of linesIn(heat, scale, picture)) {
    const part = cutOut(picture, line)
    const likely = await run(PRINT_READER, part, PRINT_READER.input.size_wh[1] / part.height)
    texts.push(textOf(likely, PRINT_READER.letters ?? '', PRINT_READER.thresholds.score ?? 0))
  }
  return texts.filter((text) => text !== '')
}

/** How surely each pixel is print, in [0, 1]. */
export interface Heat {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** Pixels of print that touch, across corners too. */
interface Patch {
  left: number
  top: number
  right: number
  bottom: number
  heat: number
  count: number
}

/**
 * Where lines of print stand, the widest first.
 *
 * @param scale pixels of the heat a pixel of the picture.
 */
export function linesIn(
  heat: Heat,
  scale: number,
  picture: Pick<Picture, 'width' | 'height'>,
): readonly Cut[] {
  return patchesIn(heat, PRINT_FINDER.thresholds.heat ?? 0.5)
    .filter(({ left, top, right, bottom, heat, count }) => {
      const isLarge = Math.min(right - left, bottom - top) >= LEAST_SIDE_PX
      return isLarge && heat / count >= (PRINT_FINDER.thresholds.score ?? 0)
    })
    .map((patch) => lineOf(patch, scale, picture))
    .filter(({ left, top, right, bottom }) => left < right && top < bottom)
    .sort((a, b) => b.right - b.left - (a.right - a.left))
    .slice(0, MOST_LINES)
}

function lineOf(patch: Patch, scale: number, picture: Pick<Picture, 'width' | 'height'>): Cut {
  const [across, down] = [patch.right - patch.left, patch.bottom - patch.top]
  const grow = (across * down * GROWN) / (2 * (across + down))
  const left = Math.max(0, roundHalfEven((patch.left - grow) / scale))
  const top = Math.max(0, roundHalfEven((patch.top - grow) / scale))
  const right = Math.max(left + 1, roundHalfEven((patch.right + grow) / scale))
  const bottom = Math.max(top + 1, roundHalfEven((patch.bottom + grow) / scale))
  const height = Math.min(picture.height, bottom) - top
  const most = left + MOST_ASPECT * height
  return { left, top, right: Math.min(picture.width, right, most), bottom: top + height }
}

function patchesIn({ width, height, data }: Heat, least: number): Patch[] {
  const isSeen = new Uint8Array(data.length)
  const patches: Patch[] = []
  for (let start = 0; start < data.length; start++) {
    if (isSeen[start] || (data[start] as number) <= least) continue
    isSeen[start] = 1
    const patch = { left: width, top: height, right: 0, bottom: 0, heat: 0, count: 0 }
    const waiting = [start]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)]
      patch.left = Math.min(patch.left, x)
      patch.right = Math.max(patch.right, x + 1)
      patch.top = Math.min(patch.top, y)
      patch.bottom = Math.max(patch.bottom, y + 1)
      patch.heat += data[at] as number
      patch.count++
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const beside = row * width + column
          if (isSeen[beside] || (data[beside] as number) <= least) continue
          isSeen[beside] = 1
          waiting.push(beside)
        }
      }
    }
    patches.push(patch)
  }
  return patches
}

/**
 * The likeliest letters, each once however many steps it spans, without those that are none
 * (connectionist temporal classification: Graves et al., 2006).
 *
 * @param likely (1, steps, letters + 1): first how likely it is that there is none.
 * @param least mean probability of the letters, below which it is no print; then it is empty.
 */
export function textOf({ data, dims }: Output, letters: string, least: number): string {
  const known = dims[2] as number
  let text = ''
  let sure = 0
  let before = 0
  for (let start = 0; start < data.length; start += known) {
    let best = 0
    for (let letter = 1; letter < known; letter++) {
      if ((data[start + letter] as number) > (data[start + best] as number)) best = letter
    }
    if (best > 0 && best !== before) {
      text += letters[best - 1]
      sure += data[start + best] as number
    }
    before = best
  }
  return sure >= least * text.length ? text : ''
}

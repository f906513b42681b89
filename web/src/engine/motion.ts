/**
 * Motion: how far the picture moved between two frames, and whether it is fit to be read.
 *
 * A frame is reduced to the brightness of its columns in three bands, and of its rows in three; two
 * frames are laid over each other where these profiles agree best. Bands, because facings of one
 * product repeat: they do so in one row of a shelf, hardly in all. A shelf moves as a whole, so this
 * is all an overlay needs between detections, in about a millisecond.
 */

import type { Hint } from '../types'
import type { Shift } from './track'

/** Size a frame is shrunk to for its profile. */
export const PROFILE_WIDTH = 320
const BANDS = 3
const REACH = 0.3 // of a side, between two frames
/** Misfit of two frames of different scenes, as a share of what the profile varies by. */
const ANOTHER_SCENE = 0.8
const TOO_DARK = 45 // mean grey level
const FAST_SHARE = 0.25 // of the frame's width in a second
/** Above this even a sharp picture is not worth a look: its facings are gone before the answer. */
const FASTEST_SHARE = 1.6
/** Share of the detail seen lately, below which a moving picture is smeared. */
const SMEARED = 0.75
/** How long the sharpest picture is remembered: the next stretch of shelf may be plainer. */
const REMEMBERED_MS = 2500

export interface Profile {
  /** Brightness of each column in the upper, middle and lower band. */
  readonly columns: readonly Float32Array[]
  /** Brightness of each row in the left, middle and right band. */
  readonly rows: readonly Float32Array[]
  /** Mean grey level in [0, 255]. */
  readonly brightness: number
  /** Mean difference of neighbouring pixels, in grey levels: motion smears it away. */
  readonly detail: number
}

export interface Motion {
  /** How far the picture moved, in pixels of the profile. */
  readonly shift: Shift
  /** The two frames have nothing in common. */
  readonly isCut: boolean
}

export function profileOf(rgba: Uint8ClampedArray, width: number, height: number): Profile {
  const columns = Array.from({ length: BANDS }, () => new Float32Array(width))
  const rows = Array.from({ length: BANDS }, () => new Float32Array(height))
  const above = new Float32Array(width)
  let total = 0
  let differences = 0
  for (let y = 0, pixel = 0; y < height; y++) {
    const columnsHere = columns[Math.floor((y * BANDS) / height)] as Float32Array
    let beside = 0
    for (let x = 0; x < width; x++, pixel += 4) {
      const grey =
        0.3 * (rgba[pixel] as number) +
        0.59 * (rgba[pixel + 1] as number) +
        0.11 * (rgba[pixel + 2] as number)
      const rowsHere = rows[Math.floor((x * BANDS) / width)] as Float32Array
      columnsHere[x] = (columnsHere[x] as number) + (grey * BANDS) / height
      rowsHere[y] = (rowsHere[y] as number) + (grey * BANDS) / width
      total += grey
      if (x > 0) differences += Math.abs(grey - beside)
      if (y > 0) differences += Math.abs(grey - (above[x] as number))
      beside = grey
      above[x] = grey
    }
  }
  const area = width * height
  return { columns, rows, brightness: total / area, detail: differences / area }
}

/** How the picture moved from one frame to the next. */
export function motionBetween(from: Profile, to: Profile): Motion {
  const across = slide(from.columns, to.columns)
  const down = slide(from.rows, to.rows)
  const isCut = across.misfit > ANOTHER_SCENE && down.misfit > ANOTHER_SCENE
  return { shift: [across.offset, down.offset], isCut }
}

interface Slid {
  /** At which two profiles agree best, to a fraction of a place. */
  readonly offset: number
  /** What is left there, as a share of what the profile varies by. */
  readonly misfit: number
}

function slide(from: readonly Float32Array[], to: readonly Float32Array[]): Slid {
  const length = from[0]?.length ?? 0
  const reach = Math.min(length - 1, Math.ceil(length * REACH))
  const misfits = new Float64Array(2 * reach + 1)
  let best = 0
  for (let offset = -reach; offset <= reach; offset++) {
    const place = offset + reach
    from.forEach((band, i) => {
      misfits[place] = (misfits[place] as number) + misfitOf(band, to[i] as Float32Array, offset)
    })
    if ((misfits[place] as number) < (misfits[best] as number)) best = place
  }
  // Nothing in the picture, or nothing moved: the middle wins ties.
  if ((misfits[reach] as number) <= (misfits[best] as number) + 1e-6) best = reach
  const least = misfits[best] as number
  const varies = from.reduce((sum, band) => sum + variationOf(band), 0)
  const misfit = varies > 1e-6 ? least / varies : 0
  const [left, right] = [misfits[best - 1], misfits[best + 1]]
  if (left === undefined || right === undefined) return { offset: best - reach, misfit }
  // Two straight slopes meet at the least sum of absolute differences.
  const steeper = Math.max(left, right) - least
  const beyond = steeper > 1e-9 ? (left - right) / (2 * steeper) : 0
  return { offset: best - reach + beyond, misfit }
}

/** Mean difference where two profiles overlap, brightness as a whole left out. */
function misfitOf(from: Float32Array, to: Float32Array, offset: number): number {
  const start = Math.max(0, -offset)
  const end = Math.min(from.length, from.length - offset)
  let drift = 0
  for (let i = start; i < end; i++) drift += (to[i + offset] as number) - (from[i] as number)
  drift /= end - start
  let sum = 0
  for (let i = start; i < end; i++) {
    sum += Math.abs((to[i + offset] as number) - (from[i] as number) - drift)
  }
  return sum / (end - start)
}

/** Mean distance from the mean. */
function variationOf(band: Float32Array): number {
  const mean = band.reduce((sum, value) => sum + value, 0) / band.length
  return band.reduce((sum, value) => sum + Math.abs(value - mean), 0) / band.length
}

/** Adds up how fast the picture moves, and says when it is calm or sharp enough. */
export class Steadiness {
  /** Of the frame's width in a second, smoothed. */
  #speed = 0
  #detail = 0
  /** Largest detail seen, fading. */
  #sharpest = 0

  /**
   * @param shift in pixels of a frame that is `width` wide.
   * @param detail of the picture: see `Profile`.
   */
  note(shift: Shift, width: number, tookMs: number, detail: number): void {
    this.#detail = detail
    this.#sharpest = Math.max(detail, this.#sharpest * Math.exp(-tookMs / REMEMBERED_MS))
    if (tookMs <= 0) return
    const speed = (Math.hypot(...shift) / width / tookMs) * 1000
    const share = Math.min(1, tookMs / 150)
    this.#speed += share * (speed - this.#speed)
  }

  get isMoving(): boolean {
    return this.#speed > FAST_SHARE
  }

  /** Calm, or moving without being smeared, as in bright light. */
  get isReadable(): boolean {
    if (!this.isMoving) return true
    return this.#speed < FASTEST_SHARE && this.#detail >= SMEARED * this.#sharpest
  }
}

/** What would help most, if anything. */
export function hintOf(
  brightness: number,
  isMoving: boolean,
  facingHeights: readonly number[],
  unknownShare: number,
  frameHeight: number,
): Hint | null {
  if (brightness < TOO_DARK) return 'too-dark'
  if (isMoving) return 'hold-still'
  const tall = facingHeights.filter((height) => height >= 0.07 * frameHeight).length
  const areSmall = facingHeights.length > 0 && tall < facingHeights.length / 2
  return areSmall && unknownShare > 0.5 ? 'closer' : null
}

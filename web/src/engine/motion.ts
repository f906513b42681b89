/**
 * Motion: how far the picture moved between two frames, and whether it is fit to be read.
 *
 * A frame is reduced to the brightness of its columns and of its rows; two frames are laid over
 * each other where these profiles agree best. A shelf moves as a whole, so this is all an overlay
 * needs between detections, in well under a millisecond.
 */

import type { Hint } from '../types'
import type { Shift } from './track'

/** Size a frame is shrunk to for its profile. */
export const PROFILE_WIDTH = 320
const REACH = 0.12 // of a side, between two frames
const TOO_DARK = 45 // mean grey level
const FAST_SHARE = 0.25 // of the frame's width in a second

export interface Profile {
  readonly columns: Float32Array
  readonly rows: Float32Array
  /** Mean grey level in [0, 255]. */
  readonly brightness: number
}

export function profileOf(rgba: Uint8ClampedArray, width: number, height: number): Profile {
  const columns = new Float32Array(width)
  const rows = new Float32Array(height)
  let total = 0
  for (let y = 0, pixel = 0; y < height; y++) {
    let sum = 0
    for (let x = 0; x < width; x++, pixel += 4) {
      const grey =
        0.3 * (rgba[pixel] as number) +
        0.59 * (rgba[pixel + 1] as number) +
        0.11 * (rgba[pixel + 2] as number)
      sum += grey
      columns[x] = (columns[x] as number) + grey / height
    }
    rows[y] = sum / width
    total += sum
  }
  return { columns, rows, brightness: total / (width * height) }
}

/** How far the picture moved from one frame to the next, in pixels of the profile. */
export function shiftBetween(from: Profile, to: Profile): Shift {
  return [slide(from.columns, to.columns), slide(from.rows, to.rows)]
}

/** Offset at which two profiles agree best, to a fraction of a place. */
function slide(from: Float32Array, to: Float32Array): number {
  const reach = Math.min(from.length - 1, Math.ceil(from.length * REACH))
  const misfit = new Float64Array(2 * reach + 1)
  let best = 0
  for (let offset = -reach; offset <= reach; offset++) {
    const start = Math.max(0, -offset)
    const end = Math.min(from.length, from.length - offset)
    let drift = 0 // brightness may change as a whole
    for (let i = start; i < end; i++) drift += (to[i + offset] as number) - (from[i] as number)
    drift /= end - start
    let sum = 0
    for (let i = start; i < end; i++) {
      sum += Math.abs((to[i + offset] as number) - (from[i] as number) - drift)
    }
    misfit[offset + reach] = sum / (end - start)
    if ((misfit[offset + reach] as number) < (misfit[best] as number)) best = offset + reach
  }
  // Nothing in the picture, or nothing moved: the middle wins ties.
  if ((misfit[reach] as number) <= (misfit[best] as number) + 1e-6) best = reach
  const left = misfit[best - 1]
  const right = misfit[best + 1]
  const least = misfit[best] as number
  if (left === undefined || right === undefined) return best - reach
  // Two straight slopes meet at the least sum of absolute differences.
  const steeper = Math.max(left, right) - least
  return best - reach + (steeper > 1e-9 ? (left - right) / (2 * steeper) : 0)
}

/** Adds up how fast the picture moves, and says when it is calm enough to read. */
export class Steadiness {
  /** Of the frame's width in a second, smoothed. */
  #speed = 0

  /** @param shift in pixels of a frame that is `width` wide. */
  note(shift: Shift, width: number, tookMs: number): void {
    if (tookMs <= 0) return
    const speed = (Math.hypot(...shift) / width / tookMs) * 1000
    const share = Math.min(1, tookMs / 150)
    this.#speed += share * (speed - this.#speed)
  }

  get isMoving(): boolean {
    return this.#speed > FAST_SHARE
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

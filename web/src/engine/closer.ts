/** A closer look: the scale at which a detector sees facings best. As in facings/detect.py. */

import type { Detection } from '../types'
import { roundHalfEven } from './tensor'
import { median } from './track'

/** From which a find of the first look tells how tall facings are. */
export const FIRST_LOOK_SCORE = 0.5
/** Least and greatest longer side of the second look, in pixels. */
const LOOK_PX = [224, 1600] as const
const MAX_ENLARGEMENT = 2

/**
 * Scale of a second look, at which facings are as tall as the detector likes.
 *
 * @param found by the first look; nothing asks for a closer one.
 * @param longest side of the picture in pixels.
 * @param wantedPx height of facings in tensor pixels.
 * @param step that divides the longer side of the tensor.
 */
export function betterScale(
  found: readonly Pick<Detection, 'boxXyxy'>[],
  longest: number,
  wantedPx: number,
  step: number,
): number {
  const heights = found.map(({ boxXyxy }) => boxXyxy[3] - boxXyxy[1])
  const wanted = heights.length > 0 ? wantedPx / median(heights) : Number.POSITIVE_INFINITY
  const [smallest, largest] = LOOK_PX
  const scale = Math.min(Math.max(wanted, smallest / longest), largest / longest, MAX_ENLARGEMENT)
  return (step * Math.max(1, roundHalfEven((scale * longest) / step))) / longest
}

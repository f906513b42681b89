/** Rectify: where to cut a facing out of its frame. As in facings/rectify.py, without quads. */

import type { BoxXyxy, FrameSize } from '../types'
import { type Cut, roundHalfEven } from './tensor'

const MARGIN = 0.03

/** The box with a small margin, in whole pixels of the frame, never empty. */
export function cutOf(boxXyxy: BoxXyxy, frame: FrameSize): Cut {
  const [left, top, right, bottom] = boxXyxy
  const beside = (right - left) * MARGIN
  const above = (bottom - top) * MARGIN
  const x0 = Math.trunc(inside(left - beside, frame.width))
  const y0 = Math.trunc(inside(top - above, frame.height))
  return {
    left: Math.min(x0, frame.width - 1),
    top: Math.min(y0, frame.height - 1),
    right: Math.max(x0 + 1, roundHalfEven(inside(right + beside, frame.width))),
    bottom: Math.max(y0 + 1, roundHalfEven(inside(bottom + above, frame.height))),
  }
}

function inside(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit)
}

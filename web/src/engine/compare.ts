/**
 * Compare: a facing held against one picture of each look-alike, without points. The same as
 * compare_by_blocks in facings/compare.py, with the same cases (tests/golden/compare).
 */

import { coveredBy, findMoveByBlocks, movedBy } from './blocks'
import { compareDetail } from './detail'
import { type Grey, greyOf, resizedGrey } from './grey'
import type { Picture } from './tensor'

/**
 * Lay a facing over the first picture, and compare it with all, brought to the size of the first.
 *
 * @param views at least two, the likeliest product's first.
 * @returns likeness in detail to each, in [-1, 1]; empty where the facing lies over the first in no
 *   way.
 */
export function compareByBlocks(crop: Picture, views: readonly Grey[]): readonly number[] {
  const first = views[0]
  if (!first) return []
  const { width, height } = first
  const facing = resizedGrey(greyOf(crop), width, height)
  const move = findMoveByBlocks(facing, first)
  if (move === null) return []
  const laid = views.map((each) => resizedGrey(each, width, height))
  return compareDetail(movedBy(move, facing), coveredBy(move, facing), laid)
}

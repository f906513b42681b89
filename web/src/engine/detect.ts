/** Detect: what the network says of one frame, to facings. As in facings/detect.py. */

import type { BoxXyxy, Detection, FrameSize, Quad } from '../types'

/** Cells that say where a box that was kept ends: those as sure as this that overlap it so. */
const VOTING_SCORE = 0.05
const VOTING_IOU = 0.7

/** What the network says: a cell's box, score and perhaps corners, in tensor pixels. */
export interface Cells {
  /** (cells, 4) */
  readonly boxes: Float32Array
  /** (cells,) in [0, 1]. */
  readonly scores: Float32Array
  /** (cells, 4, 2); null from a detector that has none. */
  readonly quads: Float32Array | null
}

/**
 * The facings of a frame, best score first, each the mean of all cells that mean it.
 *
 * @param scale that turned frame pixels into tensor pixels.
 */
export function detectionsOf(
  cells: Cells,
  scale: number,
  frame: FrameSize,
  minScore: number,
  maxIou: number,
): Detection[] {
  const least = Math.min(minScore, VOTING_SCORE)
  const said: Detection[] = []
  for (let cell = 0; cell < cells.scores.length; cell++) {
    const score = cells.scores[cell] as number
    if (score < least) continue
    const side = (i: number, limit: number) =>
      Math.min(Math.max((cells.boxes[4 * cell + i] as number) / scale, 0), limit)
    const boxXyxy: BoxXyxy = [
      side(0, frame.width),
      side(1, frame.height),
      side(2, frame.width),
      side(3, frame.height),
    ]
    if (boxXyxy[2] - boxXyxy[0] < 1 || boxXyxy[3] - boxXyxy[1] < 1) continue
    said.push({ boxXyxy, score, quad: cells.quads && quadOf(cells.quads, cell, scale) })
  }
  const likely = said.filter(({ score }) => score >= minScore)
  return nonMaximumSuppression(likely, maxIou).map((kept) => voted(kept, said))
}

function quadOf(quads: Float32Array, cell: number, scale: number): Quad {
  const side = (i: number) => (quads[8 * cell + i] as number) / scale
  return [
    [side(0), side(1)],
    [side(2), side(3)],
    [side(4), side(5)],
    [side(6), side(7)],
  ]
}

/** Weighed by score and squared overlap (box voting: arXiv 1505.01749). */
function voted(kept: Detection, said: readonly Detection[]): Detection {
  const voters = said.flatMap((each) => {
    const overlap = each.score >= VOTING_SCORE ? boxIou(kept.boxXyxy, each.boxXyxy) : 0
    return overlap >= VOTING_IOU ? [{ each, weight: overlap ** 2 * each.score }] : []
  })
  const total = voters.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return kept
  const mean = (side: (each: Detection) => number) =>
    voters.reduce((sum, { each, weight }) => sum + weight * side(each), 0) / total
  const corner = (i: 0 | 1 | 2 | 3) =>
    [mean(({ quad }) => quad?.[i][0] ?? 0), mean(({ quad }) => quad?.[i][1] ?? 0)] as const
  return {
    boxXyxy: [
      mean(({ boxXyxy }) => boxXyxy[0]),
      mean(({ boxXyxy }) => boxXyxy[1]),
      mean(({ boxXyxy }) => boxXyxy[2]),
      mean(({ boxXyxy }) => boxXyxy[3]),
    ],
    score: kept.score,
    quad: kept.quad && [corner(0), corner(1), corner(2), corner(3)],
  }
}

/** Keep the best box of every overlapping group, best score first. */
export function nonMaximumSuppression(
  detections: readonly Detection[],
  maxIou: number,
): Detection[] {
  const ordered = [...detections].sort((a, b) => b.score - a.score)
  const kept: Detection[] = []
  for (const each of ordered) {
    if (kept.every((better) => boxIou(better.boxXyxy, each.boxXyxy) <= maxIou)) kept.push(each)
  }
  return kept
}

/** Intersection over union in [0, 1]. */
export function boxIou(a: BoxXyxy, b: BoxXyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const inner = width * height
  return inner / (area(a) + area(b) - inner)
}

function area(box: BoxXyxy): number {
  return (box[2] - box[0]) * (box[3] - box[1])
}

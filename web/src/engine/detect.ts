/** Detect: what the network says of one frame, to facings. As in facings/detect.py. */

import type { BoxXyxy, Detection, FrameSize } from '../types'

/**
 * The facings of a frame, best score first.
 *
 * @param boxes (cells, 4) in tensor pixels.
 * @param scores (cells,) in [0, 1].
 * @param scale that turned frame pixels into tensor pixels.
 */
export function detectionsOf(
  boxes: Float32Array,
  scores: Float32Array,
  scale: number,
  frame: FrameSize,
  minScore: number,
  maxIou: number,
): Detection[] {
  const likely: Detection[] = []
  for (let cell = 0; cell < scores.length; cell++) {
    const score = scores[cell] as number
    if (score < minScore) continue
    const side = (i: number, limit: number) =>
      Math.min(Math.max((boxes[4 * cell + i] as number) / scale, 0), limit)
    const boxXyxy: BoxXyxy = [
      side(0, frame.width),
      side(1, frame.height),
      side(2, frame.width),
      side(3, frame.height),
    ]
    if (boxXyxy[2] - boxXyxy[0] >= 1 && boxXyxy[3] - boxXyxy[1] >= 1)
      likely.push({ boxXyxy, score })
  }
  return nonMaximumSuppression(likely, maxIou)
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

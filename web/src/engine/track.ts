/**
 * Track: detections of one frame after the other to facings that keep their identity.
 * The same as facings/track.py, with the same cases (tests/golden/tracks.json).
 */

import type { BoxXyxy, Detection, Quad } from '../types'
import { boxIou } from './detect'

export interface TrackerOptions {
  /** Score from which a detection may begin a track: the detector's operating point. */
  readonly strong: number
}

/** Share of `strong` from which a detection may still continue one (ByteTrack). */
export const WEAK = 0.5
const STRONG_IOU = 0.3
const WEAK_IOU = 0.5
/** How long a facing that is not detected keeps its identity. */
const KEEP_MS = 1000
/** How much of a new box counts against where the track was expected. */
const FRESH = 0.6

export interface TrackedBox {
  readonly id: number
  /** Where it is, smoothed; where it is expected while it is not detected. */
  readonly boxXyxy: BoxXyxy
  /** Its box in the frame it was last detected in, as it was detected. */
  readonly foundXyxy: BoxXyxy
  readonly score: number
  /** Its front's corners in the frame it was last detected in. */
  readonly quad: Quad | null
  /** Time of the frame it was first and last detected in. */
  readonly firstMs: number
  readonly seenMs: number
}

export type Shift = readonly [dx: number, dy: number]

export class Tracker {
  readonly #strong: number
  #tracks: TrackedBox[] = []
  #nextId = 1
  #lastMs: number | null = null
  /** How fast all facings moved together, in pixels a millisecond. */
  #velocity: Shift = [0, 0]

  constructor(options: TrackerOptions) {
    this.#strong = options.strong
  }

  /** Lowest score worth handing in. */
  get weakest(): number {
    return this.#strong * WEAK
  }

  /**
   * Take the detections of the next frame.
   *
   * @param shift how far the picture moved since the last frame, in pixels; null where nobody
   *   measured it: then facings are expected to go on as they did.
   * @returns every facing that has an identity, oldest first; those missing in this frame too.
   */
  update(detections: readonly Detection[], atMs: number, shift: Shift | null): TrackedBox[] {
    const tookMs = this.#lastMs === null ? 0 : atMs - this.#lastMs
    const lastMs = this.#lastMs
    const [dx, dy] = shift ?? [this.#velocity[0] * tookMs, this.#velocity[1] * tookMs]
    const before = this.#tracks.map((track) => track.boxXyxy)
    const expected = this.#tracks.map((track) => moved(track.boxXyxy, dx, dy))
    const pairs = new Map<number, number>()
    const isStrong = (index: number) => (detections[index]?.score ?? 0) >= this.#strong
    const all = detections.map((_, index) => index)
    const strong = all.filter(isStrong)
    const weak = all.filter((i) => !isStrong(i) && (detections[i]?.score ?? 0) >= this.weakest)
    pair(expected, detections, strong, STRONG_IOU, pairs, () => true)
    // What is half hidden or blurred goes on, if it was there a moment ago; it begins nothing.
    const wasSeen = (index: number) => this.#tracks[index]?.seenMs === lastMs
    pair(expected, detections, weak, WEAK_IOU, pairs, wasSeen)
    if (tookMs > 0) this.#velocity = commonVelocity(before, detections, pairs, tookMs)
    const taken = new Set(pairs.values())
    const kept = this.#tracks.map((track, index): TrackedBox => {
      const found = pairs.get(index)
      const where = expected[index] as BoxXyxy
      if (found === undefined) return { ...track, boxXyxy: where }
      const { boxXyxy, score, quad } = detections[found] as Detection
      const smooth = mixed(where, boxXyxy)
      return { ...track, boxXyxy: smooth, foundXyxy: boxXyxy, score, quad, seenMs: atMs }
    })
    const born = strong
      .filter((index) => !taken.has(index))
      .map((index): TrackedBox => {
        const { boxXyxy, score, quad } = detections[index] as Detection
        const id = this.#nextId++
        return { id, boxXyxy, foundXyxy: boxXyxy, score, quad, firstMs: atMs, seenMs: atMs }
      })
    this.#tracks = [...kept, ...born].filter((track) => atMs - track.seenMs <= KEEP_MS)
    this.#lastMs = atMs
    return this.#tracks
  }

  /** Forget everything: another scene. Ids go on. */
  reset(): void {
    this.#tracks = []
    this.#velocity = [0, 0]
  }
}

/** Pair free tracks with free detections, largest overlap first. */
function pair(
  expected: readonly BoxXyxy[],
  detections: readonly Detection[],
  indices: readonly number[],
  minIou: number,
  pairs: Map<number, number>,
  mayPair: (track: number) => boolean,
): void {
  const overlaps: { track: number; detection: number; iou: number }[] = []
  expected.forEach((box, track) => {
    if (pairs.has(track) || !mayPair(track)) return
    for (const detection of indices) {
      const iou = boxIou(box, (detections[detection] as Detection).boxXyxy)
      if (iou >= minIou) overlaps.push({ track, detection, iou })
    }
  })
  overlaps.sort((a, b) => b.iou - a.iou || a.track - b.track || a.detection - b.detection)
  const taken = new Set(pairs.values())
  for (const { track, detection } of overlaps) {
    if (pairs.has(track) || taken.has(detection)) continue
    pairs.set(track, detection)
    taken.add(detection)
  }
}

function commonVelocity(
  before: readonly BoxXyxy[],
  detections: readonly Detection[],
  pairs: ReadonlyMap<number, number>,
  tookMs: number,
): Shift {
  const moves = [...pairs].map(([track, found]): Shift => {
    const from = before[track] as BoxXyxy
    const to = (detections[found] as Detection).boxXyxy
    return [(to[0] + to[2] - from[0] - from[2]) / 2, (to[1] + to[3] - from[1] - from[3]) / 2]
  })
  return [median(moves.map((m) => m[0])) / tookMs, median(moves.map((m) => m[1])) / tookMs]
}

/** The middle value, the mean of the two in the middle for an even number; 0 of none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

export function moved(box: BoxXyxy, dx: number, dy: number): BoxXyxy {
  return [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy]
}

function mixed(expected: BoxXyxy, found: BoxXyxy): BoxXyxy {
  const side = (i: 0 | 1 | 2 | 3) => expected[i] + FRESH * (found[i] - expected[i])
  return [side(0), side(1), side(2), side(3)]
}

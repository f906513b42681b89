/** The tracker passes the same cases as the Python one: tests/golden/tracks.json. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Tracker } from '../src/engine/track'
import type { BoxXyxy } from '../src/types'

interface Golden {
  readonly strong: number
  readonly tolerance_px: number
  readonly cases: readonly {
    readonly name: string
    readonly frames: readonly {
      readonly at_ms: number
      readonly shift: readonly [number, number] | null
      readonly boxes_xyxy: readonly BoxXyxy[]
      readonly scores: readonly number[]
      readonly tracks: readonly { id: number; box_xyxy: BoxXyxy; seen_ms: number }[]
    }[]
  }[]
}

const file = new URL('../../tests/golden/tracks.json', import.meta.url)
const golden: Golden = JSON.parse(readFileSync(file, 'utf8'))

describe('the golden cases', () => {
  it.each(golden.cases)('$name', ({ frames }) => {
    const tracker = new Tracker({ strong: golden.strong })
    for (const frame of frames) {
      const detections = frame.boxes_xyxy.map((boxXyxy, i) => ({
        boxXyxy,
        score: frame.scores[i] as number,
        quad: null,
      }))
      const tracks = tracker.update(detections, frame.at_ms, frame.shift)
      expect(tracks.map((track) => track.id)).toEqual(frame.tracks.map((each) => each.id))
      tracks.forEach((track, i) => {
        expect(track.seenMs).toBe(frame.tracks[i]?.seen_ms)
        track.boxXyxy.forEach((side, j) => {
          const expected = frame.tracks[i]?.box_xyxy[j] as number
          expect(Math.abs(side - expected)).toBeLessThanOrEqual(golden.tolerance_px)
        })
      })
    }
  })
})

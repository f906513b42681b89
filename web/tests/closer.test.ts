import { describe, expect, it } from 'vitest'
import { betterScale } from '../src/engine/closer'
import type { Detection } from '../src/types'

const facing = (height: number): Detection => ({
  boxXyxy: [100, 100, 140, 100 + height],
  score: 0.9,
  quad: null,
})

/** The longer side of the second look at a picture 1280 px wide, as tests/test_detect.py asks it. */
const longSide = (heights: readonly number[], longest = 1280) =>
  betterScale(heights.map(facing), longest, 72, 32) * longest

describe('the second look', () => {
  it('is the closest there is where the first found nothing', () => {
    expect(longSide([])).toBe(1600)
    expect(longSide([], 320)).toBe(640)
  })

  it('makes facings as tall as the detector likes', () => {
    expect(longSide([90])).toBe(1024)
    expect(longSide([30, 90, 400])).toBe(1024)
  })

  it('is neither too small nor too large', () => {
    expect(longSide([640])).toBe(224)
    expect(longSide([45])).toBe(1600)
  })
})

/** What the engine decides without a browser. */

import { describe, expect, it } from 'vitest'
import { boxIou, nonMaximumSuppression } from '../src/engine/detect'
import { hintOf, motionBetween, profileOf, Steadiness } from '../src/engine/motion'
import { placementOf, trackUnder } from '../src/engine/overlay'
import { Pace } from '../src/engine/pace'
import { cutOf } from '../src/engine/rectify'
import { Roster } from '../src/engine/roster'
import { roundHalfEven } from '../src/engine/tensor'
import { Votes } from '../src/engine/vote'
import type { BoxXyxy, EmbeddedFacing, Recognition, Track } from '../src/types'

function sure(gtin: string, probability = 0.9): Recognition {
  return { state: 'recognised', gtin, probability, alternatives: [] }
}
const unsure = (state: 'ambiguous' | 'unknown'): Recognition => ({
  state,
  gtin: null,
  probability: 0.4,
  alternatives: [],
})

describe('votes', () => {
  it('decide nothing before the first look', () => {
    expect(new Votes().decided).toBeNull()
  })

  it('do not turn on a single contrary look, and do on the second', () => {
    const votes = new Votes()
    votes.add(sure('A'))
    votes.add(sure('B'))
    expect(votes.decided?.gtin).toBe('A')
    votes.add(sure('B'))
    expect(votes.decided?.gtin).toBe('A')
    votes.add(sure('B'))
    expect(votes.decided?.gtin).toBe('B')
  })

  it('keep a name when a later look is unsure', () => {
    const votes = new Votes()
    votes.add(sure('A'))
    votes.add(unsure('ambiguous'))
    votes.add(unsure('unknown'))
    expect(votes.decided?.gtin).toBe('A')
  })

  it('say ambiguous rather than unknown, and a product as soon as a look names one', () => {
    const votes = new Votes()
    votes.add(unsure('unknown'))
    votes.add(unsure('ambiguous'))
    votes.add(unsure('unknown'))
    expect(votes.decided?.state).toBe('ambiguous')
    votes.add(sure('A'))
    expect(votes.decided?.gtin).toBe('A')
  })
})

describe('non-maximum suppression', () => {
  it('keeps nothing of nothing', () => {
    expect(nonMaximumSuppression([], 0.6)).toEqual([])
  })

  it('keeps the best of a group, best first', () => {
    const at = (left: number, score: number) => ({
      boxXyxy: [left, 0, left + 100, 100] as BoxXyxy,
      score,
    })
    const kept = nonMaximumSuppression([at(0, 0.5), at(5, 0.9), at(300, 0.7)], 0.6)
    expect(kept.map((each) => each.score)).toEqual([0.9, 0.7])
  })

  it('finds no overlap of boxes that only touch', () => {
    expect(boxIou([0, 0, 10, 10], [10, 0, 20, 10])).toBe(0)
  })
})

describe('motion', () => {
  const width = 320
  const height = 180
  const random = (() => {
    let seed = 7
    return () => {
      seed = (seed * 16807) % 2147483647
      return seed / 2147483647
    }
  })()
  const scene = Array.from({ length: 500 * 300 }, () => 255 * random())
  const blocky = (x: number, y: number) => scene[(y >> 3) * 500 + (x >> 3)] as number
  const seen = (dx: number, dy: number) => {
    const rgba = new Uint8ClampedArray(4 * width * height)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        rgba.fill(blocky(x + 100 - dx, y + 100 - dy), 4 * (y * width + x), 4 * (y * width + x) + 3)
      }
    }
    return profileOf(rgba, width, height)
  }

  it.each([
    [0, 0],
    [7, -4],
    [-20, 9],
    [70, 0],
  ])('sees a picture move by %i, %i', (dx, dy) => {
    const {
      shift: [x, y],
      isCut,
    } = motionBetween(seen(0, 0), seen(dx, dy))
    expect(isCut).toBe(false)
    expect(Math.abs(x - dx)).toBeLessThan(0.6)
    expect(Math.abs(y - dy)).toBeLessThan(0.6)
  })

  it('sees that another scene began', () => {
    expect(motionBetween(seen(0, 0), seen(-1500, -900)).isCut).toBe(true)
  })

  it('is calm until the picture moves fast', () => {
    const steadiness = new Steadiness()
    for (let i = 0; i < 10; i++) steadiness.note([2, 1], 1280, 33)
    expect(steadiness.isMoving).toBe(false)
    for (let i = 0; i < 10; i++) steadiness.note([60, 0], 1280, 33)
    expect(steadiness.isMoving).toBe(true)
  })

  it('says what would help most', () => {
    expect(hintOf(20, true, [], 0, 720)).toBe('too-dark')
    expect(hintOf(120, true, [20], 1, 720)).toBe('hold-still')
    expect(hintOf(120, false, [20, 22], 1, 720)).toBe('closer')
    expect(hintOf(120, false, [200], 1, 720)).toBeNull()
    expect(hintOf(120, false, [], 0, 720)).toBeNull()
  })
})

describe('pace', () => {
  it('looks less closely on a slow device, and again closer when it is fast', () => {
    const pace = new Pace()
    const finest = pace.longSide
    for (let i = 0; i < 6; i++) pace.note(600)
    expect(pace.longSide).toBeLessThan(finest)
    expect(pace.isSlow).toBe(true)
    for (let i = 0; i < 6; i++) pace.note(40)
    expect(pace.longSide).toBe(finest)
  })
})

describe('the roster', () => {
  const box: BoxXyxy = [0, 0, 100, 200]
  const facing: EmbeddedFacing = {
    boxXyxy: box,
    score: 0.9,
    vectorI8: new Int8Array(4),
    artworkI8: null,
  }
  const see = (roster: Roster, atMs: number) =>
    roster.update([{ boxXyxy: box, score: 0.9 }], atMs, [0, 0])

  it('has nothing to look at before anything is seen', () => {
    expect(new Roster(0.5).due(8)).toEqual([])
  })

  it('looks at a new facing, confirms it once later, and then leaves it alone', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    expect(roster.due(8).map((each) => each.id)).toEqual([1])
    roster.asked(1, facing)
    expect(roster.tracks()[0]?.state).toBe('recognising')
    expect(roster.due(8)).toEqual([])
    roster.answered(1, sure('A'))
    see(roster, 100)
    expect(roster.due(8)).toEqual([])
    see(roster, 700)
    expect(roster.due(8)).toHaveLength(1)
    roster.asked(1, facing)
    roster.answered(1, sure('A'))
    see(roster, 1500)
    expect(roster.due(8)).toEqual([])
  })

  it('lets a facing wait for the network, and asks again', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    roster.asked(1, facing)
    roster.unanswered(1, 500)
    see(roster, 100)
    expect(roster.tracks()[0]?.state).toBe('waiting')
    expect(roster.due(8)).toEqual([])
    see(roster, 600)
    expect(roster.due(8)).toHaveLength(1)
  })

  it('sends artwork of ambiguous facings alone', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    roster.asked(1, facing)
    expect(roster.wantsArtwork(1)).toBe(false)
    roster.answered(1, unsure('ambiguous'))
    expect(roster.wantsArtwork(1)).toBe(true)
  })
})

describe('cutting out', () => {
  it('rounds as Python does', () => {
    expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3])
  })

  it('never leaves the frame, never is empty', () => {
    const cut = cutOf([-5, 90, 0.2, 130], { width: 100, height: 100 })
    expect(cut).toEqual({ left: 0, top: 88, right: 1, bottom: 100 })
  })
})

describe('a tap', () => {
  const placement = placementOf({ width: 100, height: 100 }, { width: 200, height: 400 }, 'cover')
  const track = (id: number, boxXyxy: BoxXyxy): Track => ({
    id,
    boxXyxy,
    score: 1,
    state: 'finding',
    recognition: null,
  })

  it('covers the overlay as the video does', () => {
    expect(placement).toEqual({ scale: 4, left: -100, top: 0 })
  })

  it('hits small facings within 44 CSS pixels, the nearest of several', () => {
    const tracks = [track(1, [50, 50, 52, 52]), track(2, [55, 50, 57, 52])]
    expect(trackUnder(tracks, placement, 104 - 20, 204)).toBe(1)
    expect(trackUnder(tracks, placement, 104 + 20, 204)).toBe(2)
    expect(trackUnder(tracks, placement, 10, 10)).toBeNull()
  })
})

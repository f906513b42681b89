/** What the engine decides without a browser. */

import { describe, expect, it } from 'vitest'
import { boxIou, nonMaximumSuppression } from '../src/engine/detect'
import type { Look } from '../src/engine/looks'
import { hintOf, motionBetween, profileOf, Steadiness } from '../src/engine/motion'
import { placementOf, trackUnder } from '../src/engine/overlay'
import { Pace } from '../src/engine/pace'
import { Roster } from '../src/engine/roster'
import { Votes } from '../src/engine/vote'
import type { BoxXyxy, Quad, Recognition, Track } from '../src/types'

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

  it('that start anew keep the label until the next answer, which decides', () => {
    const votes = new Votes()
    votes.add(sure('A'))
    votes.add(sure('A'))
    votes.startAnew()
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
      quad: null,
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
    for (let i = 0; i < 10; i++) steadiness.note([2, 1], 1280, 33, 10)
    expect(steadiness.isMoving).toBe(false)
    for (let i = 0; i < 10; i++) steadiness.note([60, 0], 1280, 33, 5)
    expect(steadiness.isMoving).toBe(true)
    expect(steadiness.isReadable).toBe(false)
  })

  it('reads a moving picture that is as sharp as a calm one', () => {
    const steadiness = new Steadiness()
    for (let i = 0; i < 10; i++) steadiness.note([30, 0], 1280, 33, 10)
    expect(steadiness.isMoving).toBe(true)
    expect(steadiness.isReadable).toBe(true)
    for (let i = 0; i < 10; i++) steadiness.note([120, 0], 1280, 33, 10)
    expect(steadiness.isReadable).toBe(false)
  })

  it('sees less detail in a smeared picture', () => {
    const grey = (values: number[]) => {
      const rgba = Uint8ClampedArray.from(values.flatMap((value) => [value, value, value, 255]))
      return profileOf(rgba, values.length / 3, 3).detail
    }
    expect(grey(Array(12).fill(90))).toBe(0)
    const sharp = [0, 200, 0, 200, 0, 200, 0, 200, 0, 200, 0, 200]
    const smeared = [80, 120, 80, 120, 80, 120, 80, 120, 80, 120, 80, 120]
    expect(grey(sharp)).toBeGreaterThan(grey(smeared))
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

  it('takes the size that fits at once, and goes no further than it must', () => {
    const pace = new Pace()
    for (let i = 0; i < 6; i++) pace.note(270)
    const once = pace.longSide
    for (let i = 0; i < 6; i++) pace.note(200)
    expect(pace.longSide).toBe(once)
    for (let i = 0; i < 6; i++) pace.note(300)
    expect(pace.longSide).toBeLessThan(once)
    for (let i = 0; i < 6; i++) pace.note(900)
    expect(pace.longSide).toBe(352)
    for (let i = 0; i < 60; i++) pace.note(900)
    expect(pace.longSide).toBe(352)
  })

  it('does not wait for six detections where two are hopeless; the first is slow everywhere', () => {
    const pace = new Pace()
    const finest = pace.longSide
    pace.note(2000)
    expect(pace.longSide).toBe(finest)
    pace.note(1500)
    expect(pace.longSide).toBe(352)
  })

  it('rests a third as long as it works, and 400 ms at most', () => {
    expect(new Pace().restMs(0, false)).toBe(0)
    expect(new Pace().restMs(300, false)).toBeCloseTo(100)
    expect(new Pace().restMs(6000, false)).toBe(400)
  })

  it('puts off two seconds of rest while facings wait, and makes up for it when none does', () => {
    const pace = new Pace()
    for (let i = 0; i < 20; i++) expect(pace.restMs(300, true)).toBe(0)
    expect(pace.restMs(300, true)).toBeCloseTo(100)
    let paidMs = 0
    for (let i = 0; i < 30; i++) paidMs += pace.restMs(300, false) - 100
    expect(paidMs).toBeCloseTo(2000)
    expect(pace.restMs(300, true)).toBe(0)
  })
})

describe('the roster', () => {
  const frame = { width: 1000, height: 800 }
  const whole: BoxXyxy = [100, 100, 200, 300]
  const cut: BoxXyxy = [0, 100, 60, 300]
  const look: Look = {
    vectorI8: Int8Array.of(127, 0),
    artworkI8: Int8Array.of(127, 0, 0, 127),
    channels: 2,
  }
  const see = (roster: Roster, atMs: number, ...boxes: BoxXyxy[]) =>
    roster.update(
      (boxes.length ? boxes : [whole]).map((boxXyxy) => ({ boxXyxy, score: 0.9, quad: null })),
      atMs,
      [0, 0],
      frame,
    )
  const ids = (each: readonly { id: number }[]) => each.map(({ id }) => id)
  /** Look at a facing and ask about it. */
  const ask = (roster: Roster, id = 1) => {
    roster.looked(id, look)
    return roster.questions(new Set([id]), 8)
  }

  it('has nothing to look at before anything is seen', () => {
    const roster = new Roster(0.5)
    expect(roster.due(8)).toEqual([])
    expect(roster.questions(new Set(), 8)).toEqual([])
  })

  it('asks with the box of a front as it stood upright', () => {
    const roster = new Roster(0.5)
    const quad: Quad = [
      [120, 100],
      [200, 100],
      [180, 300],
      [100, 300],
    ]
    roster.update([{ boxXyxy: whole, score: 0.9, quad }], 0, [0, 0], frame)
    const [left, top, right, bottom] = ask(roster)[0]?.facing.boxXyxy ?? cut
    expect(right - left).toBeCloseTo(80)
    expect(bottom - top).toBeCloseTo(Math.hypot(20, 200))
  })

  it('looks at a new facing, confirms it once later, and then leaves it alone', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    expect(ids(roster.due(8))).toEqual([1])
    ask(roster)
    expect(roster.tracks()[0]?.state).toBe('recognising')
    expect(roster.due(8)).toEqual([])
    roster.answered(1, sure('A'))
    see(roster, 100)
    expect(roster.due(8)).toEqual([])
    see(roster, 700)
    expect(roster.due(8)).toHaveLength(1)
    ask(roster)
    roster.answered(1, sure('A'))
    see(roster, 1500)
    expect(roster.due(8)).toEqual([])
  })

  it('lets a facing wait for the network, and asks again', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    ask(roster)
    roster.unanswered(1, 500)
    see(roster, 100)
    expect(roster.tracks()[0]?.state).toBe('waiting')
    expect(roster.due(8)).toEqual([])
    see(roster, 600)
    expect(roster.due(8)).toHaveLength(1)
  })

  it('asks about an ambiguous facing again at once, with the artwork of the look it had', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    expect(ask(roster)[0]?.facing.artworkI8).toBeNull()
    roster.answered(1, unsure('ambiguous'))
    expect(roster.questions(new Set(), 8)[0]?.facing.artworkI8).toEqual(look.artworkI8)
    roster.answered(1, sure('A'))
    expect(roster.questions(new Set(), 8)).toEqual([])
  })

  it('leaves a choice to the person where one picture stands for all candidates', () => {
    const roster = new Roster(0.5)
    see(roster, 0)
    ask(roster)
    const alternatives = ['A', 'B'].map((gtin) => ({ gtin, similarity: 0.9541, name: null }))
    roster.answered(1, { ...unsure('ambiguous'), alternatives })
    expect(roster.questions(new Set(), 8)).toEqual([])
    see(roster, 700)
    expect(roster.due(8)).toEqual([])
  })

  it('looks at whole facings first, and names what is seen in part only without doubt', () => {
    const roster = new Roster(0.5)
    see(roster, 0, cut, whole)
    expect(ids(roster.due(8))).toEqual([2, 1])
    ask(roster, 1)
    roster.answered(1, sure('A', 0.7))
    expect(roster.tracks().find(({ id }) => id === 1)?.state).toBe('ambiguous')
    ask(roster, 1)
    roster.answered(1, sure('A', 0.97))
    expect(roster.tracks().find(({ id }) => id === 1)?.recognition?.gtin).toBe('A')
  })

  it('begins anew when a facing that was seen in part is seen whole', () => {
    const roster = new Roster(0.5)
    see(roster, 0, cut)
    ask(roster)
    roster.answered(1, sure('A', 0.97))
    roster.update([{ boxXyxy: [40, 100, 110, 300], score: 0.9, quad: null }], 100, [45, 0], frame)
    expect(ids(roster.due(8))).toEqual([1])
    ask(roster)
    roster.answered(1, sure('B', 0.7))
    expect(roster.tracks()[0]?.recognition?.gtin).toBe('B')
  })

  it('tells of whole neighbours that have a name or resemble a product', () => {
    const roster = new Roster(0.5)
    see(roster, 0, cut, whole, [300, 100, 400, 300])
    for (const id of [1, 2, 3]) ask(roster, id)
    roster.answered(1, sure('A', 0.97))
    roster.answered(2, sure('B'))
    const alternatives = [
      { gtin: 'C', similarity: 0.6, name: null },
      { gtin: 'D', similarity: 0.7, name: null },
    ]
    roster.answered(3, { ...unsure('ambiguous'), alternatives })
    expect(roster.witnesses(new Set()).map(({ gtin }) => gtin)).toEqual(['B', 'D'])
    expect(roster.witnesses(new Set([2])).map(({ gtin }) => gtin)).toEqual(['D'])
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

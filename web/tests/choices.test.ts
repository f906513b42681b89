/** What a person says of one facing, and whom it holds for. */

import { describe, expect, it } from 'vitest'
import { alikeBeside, type Standing } from '../src/engine/choices'
import { Roster } from '../src/engine/roster'
import type { BoxXyxy, Recognition } from '../src/types'

const GRANOLA = Int8Array.of(100, 10, 0)
const TEA = Int8Array.of(0, 10, 100)

function standing(id: number, left: number, more: Partial<Standing> = {}): Standing {
  const boxXyxy: BoxXyxy = [left, 100, left + 100, 300]
  return { id, boxXyxy, vectorI8: GRANOLA, maybe: ['A', 'B'], ...more }
}

describe('a choice', () => {
  it('holds for itself alone where nothing stands beside it', () => {
    expect(alikeBeside(standing(1, 0), 'A', [])).toEqual([])
    expect(alikeBeside(standing(1, 0), 'A', [standing(1, 0)])).toEqual([])
  })

  it('holds for the whole row of look-alikes, to both sides', () => {
    const row = [0, 105, 210, 315].map((left, i) => standing(i, left))
    expect([...alikeBeside(row[1] as Standing, 'A', row)].sort()).toEqual([0, 2, 3])
  })

  it.each([
    ['looks different', { vectorI8: TEA }],
    ['was not looked at', { vectorI8: null }],
    ['has a name', { maybe: [] }],
    ['cannot be that product', { maybe: ['C', 'D'] }],
    ['is another size', { boxXyxy: [105, 20, 255, 300] as const }],
    ['stands on another shelf', { boxXyxy: [105, 400, 205, 600] as const }],
    ['stands apart', { boxXyxy: [170, 100, 270, 300] as const }],
  ])('ends at one that %s', (_, more) => {
    const row = [standing(1, 0), standing(2, 105, more), standing(3, 210)]
    expect(alikeBeside(row[0] as Standing, 'A', row)).toEqual([])
  })
})

const frame = { width: 1280, height: 720 }
const boxes: BoxXyxy[] = [0, 105, 210].map((left) => [200 + left, 100, 300 + left, 300])
const unsure: Recognition = {
  state: 'ambiguous',
  gtin: null,
  probability: 0.5,
  alternatives: ['A', 'B'].map((gtin, i) => ({ gtin, similarity: 0.9 - i / 100, name: null })),
}

function rosterOf(vectors: readonly Int8Array[]): Roster {
  const roster = new Roster(0.5)
  const detections = boxes.map((boxXyxy) => ({ boxXyxy, score: 0.9, quad: null }))
  roster.update(detections, 0, null, frame)
  roster.due(9).forEach(({ id }, i) => {
    roster.looked(id, { vectorI8: vectors[i] as Int8Array, artworkI8: null, channels: 0 })
  })
  for (const { id } of roster.questions(new Set([1, 2, 3]), 9)) roster.answered(id, unsure)
  return roster
}

describe('the roster', () => {
  it('shows what a person chose, asks no more of it, and of its look-alikes neither', () => {
    const roster = rosterOf([GRANOLA, GRANOLA, TEA])
    expect(roster.tracks().map(({ state }) => state)).toEqual(Array(3).fill('ambiguous'))
    roster.choose(1, 'B')
    expect(roster.tracks().map(({ recognition }) => recognition?.gtin)).toEqual(['B', 'B', null])
    expect(roster.tracks()[0]?.recognition?.alternatives).toHaveLength(2)
    roster.update(
      boxes.map((boxXyxy) => ({ boxXyxy, score: 0.9, quad: null })),
      2000,
      [0, 0],
      frame,
    )
    expect(roster.due(9).map(({ id }) => id)).toEqual([3])
  })

  it('lets a person correct what a neighbour was told', () => {
    const roster = rosterOf([GRANOLA, GRANOLA, TEA])
    roster.choose(1, 'B')
    roster.choose(2, 'A')
    expect(roster.tracks().map(({ recognition }) => recognition?.gtin)).toEqual(['B', 'A', null])
  })

  it('tells a look-alike that comes to stand beside it later', () => {
    const roster = rosterOf([GRANOLA, GRANOLA, GRANOLA])
    roster.choose(1, 'B')
    const all = [...boxes, [515, 100, 615, 300] as const]
    roster.update(
      all.map((boxXyxy) => ({ boxXyxy, score: 0.9, quad: null })),
      500,
      [0, 0],
      frame,
    )
    roster.looked(4, { vectorI8: GRANOLA, artworkI8: null, channels: 0 })
    for (const { id } of roster.questions(new Set([4]), 9)) roster.answered(id, unsure)
    expect(roster.tracks()[3]?.recognition?.gtin).toBe('B')
  })
})

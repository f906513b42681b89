/** Looks and votes pass the same cases as in Python: tests/golden/votes.json and looks.json. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Looks } from '../src/engine/looks'
import { Votes } from '../src/engine/vote'
import type { Recognition } from '../src/types'

interface VoteCase {
  readonly name: string
  readonly steps: readonly {
    readonly answer: readonly [Recognition['state'], string | null, number] | null
    readonly decided: { readonly state: string; readonly gtin: string | null } | null
    readonly agreeing: number
  }[]
}

interface LookCase {
  readonly name: string
  readonly channels: number
  readonly steps: readonly {
    readonly area_px: number
    readonly vector: readonly number[]
    readonly artwork: readonly number[]
    readonly count: number
    readonly fused: readonly number[]
    readonly fused_artwork: readonly number[]
  }[]
}

function cases<Case>(name: string): readonly Case[] {
  const file = new URL(`../../tests/golden/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).cases
}

describe('the golden votes', () => {
  it.each(cases<VoteCase>('votes'))('$name', ({ steps }) => {
    const votes = new Votes()
    for (const { answer, decided, agreeing } of steps) {
      if (answer === null) votes.startAnew()
      else {
        const [state, gtin, probability] = answer
        votes.add({ state, gtin, probability, alternatives: [] })
      }
      expect(votes.decided?.state).toBe(decided?.state)
      expect(votes.decided?.gtin).toBe(decided?.gtin)
      expect(votes.agreeing).toBe(agreeing)
    }
  })
})

describe('the golden looks', () => {
  it.each(cases<LookCase>('looks'))('$name', ({ channels, steps }) => {
    const looks = new Looks()
    for (const step of steps) {
      const vectorI8 = Int8Array.from(step.vector)
      const artworkI8 = Int8Array.from(step.artwork)
      looks.add({ vectorI8, artworkI8, channels }, step.area_px)
      expect(looks.count).toBe(step.count)
      expect([...(looks.fused?.vectorI8 ?? [])]).toEqual(step.fused)
      expect([...(looks.fused?.artworkI8 ?? [])]).toEqual(step.fused_artwork)
    }
  })
})

/** One picture after another becomes named facings, with networks that say what they are told. */

import { describe, expect, it } from 'vitest'
import { Follower, type Networks } from '../src/engine/follow'
import { DETECTOR } from '../src/engine/manifest'
import { type Recogniser, RecogniserAway } from '../src/engine/recogniser'
import type { Place } from '../src/engine/rectify'
import type { BoxXyxy, Recognition } from '../src/types'

const frame = { width: 1280, height: 720 }
const { signal } = new AbortController()
const bitmap = frame as ImageBitmap
const taken = (atMs: number) => ({ bitmap, atMs, shift: [0, 0] as const })

class Fake implements Networks {
  readonly closeness: (number | null)[] = []
  readings = 0
  comparisons = 0
  comparedLast: BoxXyxy | null = null
  compareMs = 1
  embedded = 0
  readMs = 1
  hasPrint = true
  readonly boxes: readonly BoxXyxy[]

  constructor(boxes: readonly BoxXyxy[]) {
    this.boxes = boxes
  }

  async detect(_: ImageBitmap, longSide: number | null) {
    this.closeness.push(longSide)
    const detections = this.boxes.map((boxXyxy) => ({ boxXyxy, score: 0.9, quad: null }))
    return { detections, frameSize: frame, networkMs: 1 }
  }

  async embed(places: readonly unknown[]) {
    this.embedded += places.length
    const vectorsI8 = places.map(() => Int8Array.of(127, 0))
    return { vectorsI8, artworkI8: places.map(() => Int8Array.of(127)), channels: 1, networkMs: 1 }
  }

  async compare({ boxXyxy }: Place, views: readonly unknown[]) {
    this.comparisons++
    this.comparedLast = boxXyxy
    return { likeness: views.map((_view, i) => 0.2 + 0.6 * i), tookMs: this.compareMs }
  }

  async read() {
    if (!this.hasPrint) return null
    this.readings++
    return { lines: ['Mint'], tookMs: this.readMs }
  }
}

const grey = { width: 1, height: 1, grey: Uint8Array.of(0) }
const view = async () => null
const saying = (answer: Recognition): Recogniser => ({
  recognise: async (facings) => facings.map(() => answer),
  view,
})
const between: Recognition = {
  state: 'ambiguous',
  gtin: null,
  probability: 0.5,
  alternatives: [
    { gtin: 'A', similarity: 0.9, name: 'Mint' },
    { gtin: 'B', similarity: 0.89, name: 'Lemon' },
  ],
}
const named: Recognition = { state: 'recognised', gtin: 'A', probability: 0.9, alternatives: [] }

async function look(follower: Follower, networks: Fake, atMs: number): Promise<void> {
  await follower.find(networks, taken(atMs), 640, () => true)
  const question = await follower.look(networks)
  if (question) await follower.ask(question, signal)
  await new Promise((resolve) => setTimeout(resolve)) // pictures arrive
}

describe('following', () => {
  it('asks nothing of an empty shelf', async () => {
    const follower = new Follower(saying(named))
    const networks = new Fake([])
    await follower.find(networks, taken(0), 640, () => true)
    expect(await follower.look(networks)).toBeNull()
    expect(follower.tracks()).toEqual([])
  })

  it('names what it finds', async () => {
    const follower = new Follower(saying(named))
    const networks = new Fake([[100, 100, 200, 300]])
    await follower.find(networks, taken(0), 640, () => true)
    const question = await follower.look(networks)
    expect(question?.facings[0]?.boxXyxy).toEqual([100, 100, 200, 300])
    if (question) await follower.ask(question, signal)
    expect(follower.tracks()[0]?.recognition?.gtin).toBe('A')
    expect(follower.vectorOf(1)).toEqual(Int8Array.of(127, 0))
  })

  it('leaves alone what is not wanted any more', async () => {
    const follower = new Follower(saying(named))
    const networks = new Fake([[100, 100, 200, 300]])
    expect(await follower.find(networks, taken(0), 640, () => false)).toBeNull()
    expect(follower.tracks()).toEqual([])
  })

  it('lets facings wait while nobody can answer', async () => {
    const away: Recogniser = {
      recognise: () => Promise.reject(new RecogniserAway('no network', 1000)),
      view,
    }
    const follower = new Follower(away)
    const networks = new Fake([[100, 100, 200, 300]])
    await follower.find(networks, taken(0), 640, () => true)
    const question = await follower.look(networks)
    if (question) await follower.ask(question, signal)
    expect(follower.tracks()[0]?.state).toBe('waiting')
  })

  it('reads what stays ambiguous with its artwork, and asks again with the lines', async () => {
    const asked: (readonly string[])[] = []
    const follower = new Follower({
      recognise: async (facings) => {
        asked.push(...facings.map(({ printed }) => printed))
        return facings.map(({ printed }) => (printed.length > 0 ? named : between))
      },
      view,
    })
    const networks = new Fake([[100, 100, 200, 300]])
    for (const atMs of [0, 700, 800, 900]) {
      await follower.find(networks, taken(atMs), 640, () => true)
      const question = await follower.look(networks)
      if (question) await follower.ask(question, signal)
    }
    expect(asked).toEqual([[], [], ['Mint']])
    expect(networks.readings).toBe(1)
    expect(follower.tracks()[0]?.recognition?.gtin).toBe('A')
  })

  it('reads twice at most, and only while there is time', async () => {
    const follower = new Follower(saying(between))
    const networks = new Fake(
      Array.from({ length: 4 }, (_, i) => [i * 120 + 60, 100, i * 120 + 150, 300]),
    )
    networks.readMs = 300
    const readings: number[] = []
    for (let atMs = 0; atMs < 12_000; atMs += 700) {
      await follower.find(networks, taken(atMs), 640, () => true)
      const before = networks.readings
      const question = await follower.look(networks)
      readings.push(networks.readings - before)
      if (question) await follower.ask(question, signal)
    }
    expect(Math.max(...readings)).toBe(2) // of 500 ms the second leaves none
    expect(networks.readings).toBe(8)
  })

  it('looks again meanwhile where what reads print is on its way, or too slow', async () => {
    for (const readMs of [1, 900]) {
      const follower = new Follower(saying(between))
      const networks = new Fake(
        Array.from({ length: 4 }, (_, i) => [i * 120 + 60, 100, i * 120 + 150, 300]),
      )
      networks.readMs = readMs
      networks.hasPrint = readMs > 1
      for (let atMs = 0; atMs < 9000; atMs += 700) {
        await follower.find(networks, taken(atMs), 640, () => true)
        const question = await follower.look(networks)
        if (question) await follower.ask(question, signal)
      }
      expect(networks.readings).toBe(networks.hasPrint ? 3 : 0)
      expect(networks.embedded).toBeGreaterThanOrEqual(8) // two looks each
    }
  })

  it('compares what is ambiguous once its pictures are here, and asks before it reads', async () => {
    const asked: ReadonlyMap<string, number>[] = []
    const fetched: string[] = []
    const follower = new Follower({
      recognise: async (facings) => {
        asked.push(...facings.map(({ likeness }) => likeness))
        return facings.map(({ likeness }) => (likeness.size > 0 ? named : between))
      },
      view: async (gtin) => {
        fetched.push(gtin)
        return grey
      },
    })
    const networks = new Fake([[100, 100, 200, 300]])
    for (const atMs of [0, 100, 200, 300]) await look(follower, networks, atMs)
    expect(fetched).toEqual(['A', 'B'])
    expect(networks.comparisons).toBe(1)
    expect(asked.map((each) => [...each])).toEqual([
      [],
      [
        ['A', 0.2],
        ['B', 0.8],
      ],
    ])
    expect(networks.readings).toBe(0)
    expect(follower.tracks()[0]?.recognition?.gtin).toBe('A')
  })

  it('does not wait for pictures that are on their way, or cannot be had', async () => {
    const never = new Promise<null>(() => {})
    for (const view of [() => never, () => Promise.reject(new RecogniserAway('no network'))]) {
      const follower = new Follower({ ...saying(between), view })
      const networks = new Fake([[100, 100, 200, 300]])
      for (const atMs of [0, 100, 200]) await look(follower, networks, atMs)
      expect([networks.comparisons, networks.readings]).toEqual([0, 1])
    }
  })

  it('compares again, once, when it may be other products', async () => {
    let asked = 0
    const follower = new Follower({
      recognise: async (facings) => {
        asked++
        const other = { gtin: `C${asked}`, similarity: 0.88, name: null }
        const alternatives = [...between.alternatives, other]
        return facings.map(() => ({ ...between, alternatives }))
      },
      view: async () => grey,
    })
    const networks = new Fake([[100, 100, 200, 300]])
    for (let atMs = 0; atMs < 4000; atMs += 100) await look(follower, networks, atMs)
    expect(networks.comparisons).toBe(2)
  })

  it('leaves alone what has one picture for all that it may be', async () => {
    const alike = between.alternatives.map((each) => ({ ...each, similarity: 0.9 }))
    const answer = { ...between, alternatives: alike }
    const follower = new Follower({ ...saying(answer), view: async () => grey })
    const networks = new Fake([[100, 100, 200, 300]])
    for (const atMs of [0, 100, 200, 300]) await look(follower, networks, atMs)
    expect(networks.comparisons).toBe(0)
  })

  it('compares whole facings first, and while there is time those that the edge cuts off', async () => {
    const follower = new Follower({ ...saying(between), view: async () => grey })
    const boxes: BoxXyxy[] = [
      [-40, 100, 60, 300],
      [100, 100, 200, 300],
    ]
    const networks = new Fake(boxes)
    networks.compareMs = 600
    const compared: unknown[] = []
    for (let atMs = 0; atMs < 700; atMs += 100) {
      await look(follower, networks, atMs)
      if (networks.comparisons > compared.length) compared.push(networks.comparedLast)
    }
    expect(compared).toEqual([boxes[1], boxes[0]])
  })

  it('looks as closely as the facings seen last ask for, never closer than it may', async () => {
    const follower = new Follower(saying(named))
    const networks = new Fake([[100, 100, 400, 500]])
    for (const atMs of [0, 100]) await follower.find(networks, taken(atMs), 640, () => true)
    const [first, second] = networks.closeness
    expect(first).toBe(640)
    if (DETECTOR.facing_height_px === undefined) expect(second).toBe(640)
    else expect(second).toBeLessThan(640)
    await follower.find(networks, taken(200), null, () => true)
    expect(networks.closeness.at(-1)).toBeNull()
  })
})

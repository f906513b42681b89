import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findMoveByBlocks } from '../src/engine/blocks'
import { compareByBlocks } from '../src/engine/compare'
import { Search } from '../src/engine/correlation'
import { bestLikeness } from '../src/engine/detail'
import { type Grey, type Plane, sumsAround } from '../src/engine/grey'
import type { Picture } from '../src/engine/tensor'

const golden = new URL('../../tests/golden/compare/', import.meta.url)
const cases = JSON.parse(readFileSync(new URL('expected.json', golden), 'utf8')) as {
  name: string
  facing: string
  views: string[]
  likeness: number[]
}[]

/** PGM or PPM: three lines, then bytes. */
function read(file: string): { width: number; height: number; bytes: Uint8Array } {
  const whole = new Uint8Array(readFileSync(new URL(file, golden)))
  const [head, width, height] = /^P[56]\s(\d+) (\d+)\s255\s/.exec(
    new TextDecoder('latin1').decode(whole.subarray(0, 32)),
  ) as RegExpExecArray
  return { width: Number(width), height: Number(height), bytes: whole.slice(head.length) }
}

function view(gtin: string): Grey {
  const { width, height, bytes } = read(`${gtin}.pgm`)
  return { width, height, grey: bytes }
}

const viewsOf = (place: number) => cases[place]?.views.map(view) ?? []

function facing(file: string): Picture {
  const { width, height, bytes } = read(file)
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let i = 0; i < bytes.length; i++) rgba[4 * Math.floor(i / 3) + (i % 3)] = bytes[i] as number
  return { width, height, rgba }
}

/** Places of likeness, the greatest first. */
const order = (likeness: readonly number[]) =>
  likeness.map((_, i) => i).sort((a, b) => (likeness[b] as number) - (likeness[a] as number))

/** Numbers in [-1, 1] without a pattern. */
function noise(width: number, height: number, seed: number): Plane {
  let state = seed
  const values = Float64Array.from({ length: width * height }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
  return { width, height, values }
}

/** Zero beyond the edge. */
const at = ({ width, height, values }: Plane, x: number, y: number) =>
  x < 0 || y < 0 || x >= width || y >= height ? 0 : (values[y * width + x] as number)

function expectNear(found: Float64Array | undefined, wanted: Float64Array): void {
  expect(found).toHaveLength(wanted.length)
  found?.forEach((each, i) => {
    expect(each).toBeCloseTo(wanted[i] as number, 9)
  })
}

describe('a facing held against look-alikes', () => {
  it.each(cases)('is as like each as in Python: $name', ({ facing: file, views, likeness }) => {
    const found = compareByBlocks(facing(file), views.map(view))
    expect(found).toHaveLength(likeness.length)
    found.forEach((each, i) => {
      expect(Math.abs(each - (likeness[i] as number))).toBeLessThan(0.03)
    })
    expect(order(found)).toEqual(order(likeness))
  })

  it('says nothing where it is plain', () => {
    const plain = { width: 90, height: 150, rgba: new Uint8ClampedArray(4 * 90 * 150).fill(128) }
    expect(compareByBlocks(plain, viewsOf(0))).toEqual([])
  })

  it('is like none of the pictures where all are the same', () => {
    const [stew] = viewsOf(1) as [Grey]
    expect(compareByBlocks(facing('stew.ppm'), [stew, stew, stew])).toEqual([0, 0, 0])
  })
})

describe('blocks', () => {
  it('leave a picture that is laid on itself where it is', () => {
    const [water] = viewsOf(2) as [Grey]
    const move = findMoveByBlocks(water, water)
    expectNear(Float64Array.from(move ?? []), Float64Array.of(1, 0, 0, 0, 1, 0))
  })

  it('are found where the plain correlation is greatest', () => {
    const [side, reach] = [8, 4]
    const seen = noise(29, 23, 1)
    const faint = noise(29, 23, 2)
    const known = { ...faint, values: faint.values.map((each) => 20 * each) }
    const search = new Search(seen, side, reach)
    for (const [left, top] of [
      [0, 0],
      [11, 9],
      [21, 15],
    ] as [number, number][]) {
      const found = search.find(known, left, top)
      expect(found).toEqual(slowFind(seen, known, left, top, side, reach))
    }
  })
})

/** The same, straight from the definition. */
function slowFind(
  seen: Plane,
  known: Plane,
  left: number,
  top: number,
  side: number,
  reach: number,
) {
  const window = (plane: Plane, x: number, y: number) => {
    const cells = Array.from({ length: side * side }, (_, i) =>
      at(plane, x + (i % side), y + Math.floor(i / side)),
    )
    const mean = cells.reduce((sum, each) => sum + each, 0) / cells.length
    return cells.map((each) => each - mean)
  }
  const block = window(known, left, top)
  let best = { fit: -2, x: 0, y: 0 }
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const other = window(seen, left + x, top + y)
      const sum = other.reduce((sum, each, i) => sum + each * (block[i] as number), 0)
      const fit = sum / (Math.hypot(...block) * Math.hypot(...other))
      if (fit > best.fit) best = { fit, x, y }
    }
  }
  return { fit: expect.closeTo(best.fit, 9), x: best.x, y: best.y }
}

describe('sums around a pixel', () => {
  it.each([
    [17, 13, 5],
    [3, 2, 11],
    [1, 1, 3],
  ])('of %i x %i are those of the plain sum over %i', (width, height, side) => {
    const plane = noise(width, height, 1)
    expectNear(sumsAround(plane, side).values, slowSums(plane, side))
  })
})

describe('detail', () => {
  it('is the plain correlation of the best shift of each place', () => {
    const [seen, known] = [noise(23, 27, 1), noise(23, 27, 2)]
    const [likeness] = bestLikeness(seen, [known])
    expectNear(likeness, slowLikeness(seen, known))
  })
})

/** The same, straight from the definition: windows of 11 places, shifts of up to 8 pixels. */
function slowLikeness(seen: Plane, known: Plane): Float64Array {
  const columns = Math.ceil(seen.width / 2)
  const rows = Math.ceil(seen.height / 2)
  const windows = (of: (x: number, y: number) => number) => {
    const values = Float64Array.from({ length: columns * rows }, (_, i) => {
      const [x, y] = [2 * (i % columns), 2 * Math.floor(i / columns)]
      return (of(x, y) + of(x + 1, y) + of(x, y + 1) + of(x + 1, y + 1)) / 4
    })
    return slowSums({ width: columns, height: rows, values }, 11).map((sum) => sum / 121)
  }
  const strength = windows((x, y) => at(known, x, y) ** 2)
  const fits = new Float64Array(strength.length).fill(-1)
  const best = fits.slice()
  for (let shiftY = -8; shiftY <= 8; shiftY += 2) {
    for (let shiftX = -8; shiftX <= 8; shiftX += 2) {
      const moved = (x: number, y: number) =>
        x < seen.width && y < seen.height ? at(seen, x - shiftX, y - shiftY) : 0
      const ofMoved = windows((x, y) => moved(x, y) ** 2)
      const values = windows((x, y) => moved(x, y) * at(known, x, y)).map(
        (sum, i) =>
          sum / Math.sqrt(((strength[i] as number) + 4e-4) * ((ofMoved[i] as number) + 4e-4)),
      )
      slowSums({ width: columns, height: rows, values }, 11).forEach((sum, i) => {
        if (sum / 121 <= (fits[i] as number)) return
        fits[i] = sum / 121
        best[i] = values[i] as number
      })
    }
  }
  return best
}

function slowSums(plane: Plane, side: number): Float64Array {
  const reach = (side - 1) / 2
  return plane.values.map((_, i) => {
    let sum = 0
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        sum += at(plane, (i % plane.width) + x, Math.floor(i / plane.width) + y)
      }
    }
    return sum
  })
}

/** A facing cut out of its frame, upright. */

import { describe, expect, it } from 'vitest'
import { cropOf, cutOf, tiltDeg, upright, uprightBox } from '../src/engine/rectify'
import { roundHalfEven } from '../src/engine/tensor'
import type { BoxXyxy, Quad } from '../src/types'

describe('cutting out', () => {
  it('rounds as Python does', () => {
    expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3])
  })

  it('never leaves the frame, never is empty', () => {
    const cut = cutOf([-5, 90, 0.2, 130], { width: 100, height: 100 })
    expect(cut).toEqual({ left: 0, top: 88, right: 1, bottom: 100 })
  })
})

describe('a leaning front', () => {
  /** A picture whose red says the column and whose green says the row. */
  const frame = {
    width: 200,
    height: 200,
    rgba: Uint8ClampedArray.from({ length: 160_000 }, (_, i) => {
      const pixel = i >> 2
      return [pixel % 200, Math.floor(pixel / 200), 0, 255][i % 4] as number
    }),
  }
  const turned = (degrees: number): Quad => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
    const corner = (x: number, y: number) =>
      [100 + x * cos - y * sin, 100 + x * sin + y * cos] as const
    return [corner(-30, -50), corner(30, -50), corner(30, 50), corner(-30, 50)]
  }
  const box: BoxXyxy = [50, 40, 150, 160]

  it('leans by as much as it is turned', () => {
    expect(tiltDeg(turned(0))).toBeCloseTo(0)
    expect(tiltDeg(turned(20))).toBeCloseTo(20)
  })

  it('is turned upright, with a margin, each of its points where it belongs', () => {
    const flat = upright(frame, turned(20))
    expect([flat.width, flat.height]).toEqual([64, 106])
    const middle = 4 * (53 * flat.width + 32)
    expect(Math.abs((flat.rgba[middle] as number) - 100)).toBeLessThan(2)
    expect(Math.abs((flat.rgba[middle + 1] as number) - 100)).toBeLessThan(2)
  })

  it('is cut out as it is where it hardly leans, or nobody knows', () => {
    for (const quad of [null, turned(3)])
      expect(cropOf(frame, { boxXyxy: box, quad })[0]).toBe(frame)
    expect(cropOf(frame, { boxXyxy: box, quad: turned(-20) })[0]).not.toBe(frame)
  })

  it('is as wide and high as its edges are long, where it stands', () => {
    uprightBox({ boxXyxy: box, quad: turned(20) }).forEach((side, i) => {
      expect(side).toBeCloseTo([70, 50, 130, 150][i] as number)
    })
    expect(uprightBox({ boxXyxy: box, quad: null })).toBe(box)
  })

  it('is grey where the picture ends', () => {
    const beyond = turned(20).map(([x, y]) => [x - 150, y] as const) as unknown as Quad
    expect(upright(frame, beyond).rgba[0]).toBe(114)
  })
})

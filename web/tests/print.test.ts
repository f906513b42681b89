/** Print: where lines stand, and what they say. The networks themselves: e2e/test_engine.py. */

import { describe, expect, it } from 'vitest'
import { type Manifest, PRINT_FINDER, PRINT_READER } from '../src/engine/manifest'
import { linesIn, type Output, readPrint, textOf } from '../src/engine/print'
import type { Picture } from '../src/engine/tensor'

/** Heat of rows of digits, tenths each. */
const heatOf = (...rows: string[]) => ({
  width: (rows[0] as string).length,
  height: rows.length,
  data: Float32Array.from(rows.join(''), (digit) => Number(digit) / 10),
})
const square = { width: 8, height: 8 }

describe('lines of print', () => {
  it('are none where nothing is hot', () => {
    expect(linesIn(heatOf('0000', '0000', '0000'), 1, square)).toEqual([])
  })

  it('are patches that touch, across corners too, and a little more', () => {
    const heat = heatOf(
      '00000000',
      '00900000',
      '09990000',
      '00009900',
      '00009990',
      '00000000',
      '90000000',
      '00000000',
    )
    expect(linesIn(heat, 1, square)).toEqual([{ left: 0, top: 0, right: 8, bottom: 7 }])
  })

  it('are no patches that are too small or hardly warm', () => {
    expect(linesIn(heatOf('9900', '9900', '0000', '0000'), 1, square)).toEqual([])
    expect(linesIn(heatOf('4440', '4440', '4440', '0000'), 1, square)).toEqual([])
  })

  it('are in pixels of the picture, and end where it does', () => {
    const heat = heatOf('999999', '999999', '999999', '000000')
    const picture = { width: 12, height: 6 }
    expect(linesIn(heat, 0.5, picture)).toEqual([{ left: 0, top: 0, right: 12, bottom: 6 }])
  })
})

/** Steps of one letter each, sure or not. */
const saying = (...steps: [letter: number, likely: number][]): Output => {
  const data = new Float32Array(4 * steps.length)
  steps.forEach(([letter, likely], i) => {
    data[4 * i + letter] = likely
  })
  return { data, dims: [1, steps.length, 4] }
}

describe('a line', () => {
  it('says nothing in no steps, or in steps without a letter', () => {
    expect(textOf(saying(), 'abc', 0.3)).toBe('')
    expect(textOf(saying([0, 0.9], [0, 0.8]), 'abc', 0.3)).toBe('')
  })

  it('says a letter once however long it is, and twice with a gap between', () => {
    const steps = saying([1, 0.9], [1, 0.9], [2, 0.9], [0, 0.9], [2, 0.9])
    expect(textOf(steps, 'abc', 0.3)).toBe('abb')
  })

  it('says nothing where it is not sure', () => {
    expect(textOf(saying([1, 0.2], [3, 0.2]), 'abc', 0.3)).toBe('')
  })
})

describe('reading', () => {
  it('enlarges what is small, and reads each line at the height that is known', async () => {
    const picture: Picture = { width: 30, height: 60, rgba: new Uint8ClampedArray(4 * 30 * 60) }
    const asked: [Manifest, number, number][] = []
    const lines = await readPrint(picture, async (model, part, scale) => {
      asked.push([model, part.height, scale])
      if (model === PRINT_READER) return saying([2, 0.9], [1, 0.9])
      const data = new Float32Array(96 * 192)
      for (let row = 30; row < 42; row++) data.fill(0.9, row * 96 + 12, row * 96 + 72)
      return { data, dims: [1, 1, 192, 96] }
    })
    expect(lines).toEqual([`${PRINT_READER.letters?.[1]}${PRINT_READER.letters?.[0]}`])
    expect(asked[0]).toEqual([PRINT_FINDER, 60, 3])
    expect(asked[1]?.[2]).toBeCloseTo(48 / (asked[1]?.[1] as number))
  })
})

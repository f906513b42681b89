import { describe, expect, it } from 'vitest'
import golden from '../../tests/golden/gates.json'
import { faultsOf, type Grey, isSameSight, sharpness, shrunk, sightOf } from '../src/collect/gates'

function picture(width: number, height: number, cell: number, low: number, high: number): Grey {
  const values = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [Math.floor(column / cell), Math.floor(row / cell)]
      const share = (x * 7919 + y * 104729 + x * y * 31) % 997
      values[row * width + column] = low + Math.floor((share * (high - low)) / 996)
    }
  }
  return { values, width, height }
}

describe('gates', () => {
  it.each(golden)('judge a picture of $width x $height as Python does', (each) => {
    const grey = picture(each.width, each.height, each.cell, each.low, each.high)
    expect(sharpness(grey)).toBeCloseTo(each.sharpness, 2)
    expect(faultsOf(grey)).toEqual(each.faults)
    expect(isSameSight(sightOf(grey), BigInt(`0x${each.sight}`))).toBe(true)
  })

  it('keep the brightness of what they shrink', () => {
    const small = shrunk(picture(301, 203, 10, 0, 255), 40, 30)
    expect(small.values).toHaveLength(1200)
    expect(shrunk(small, 40, 30)).toBe(small)
  })

  it('tell other sights apart', () => {
    const [one, other] = [picture(300, 200, 16, 20, 240), picture(300, 200, 40, 20, 240)]
    expect(isSameSight(sightOf(one), sightOf(one))).toBe(true)
    expect(isSameSight(sightOf(one), sightOf(other))).toBe(false)
  })
})

/**
 * From a picture to a network's input tensor, exactly as facings/tensor.py does it: sides that
 * shrink average areas, sides that grow are interpolated. The canvas of a browser would do neither
 * in a way that is written down.
 */

import type { InputSpec } from './manifest'

/** Upright pixels, four bytes each (the fourth is not looked at). */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8ClampedArray
}

/** A part of a picture in whole pixels; right and bottom are outside. */
export interface Cut {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface FittedTensor {
  /** (3, height, width) */
  readonly data: Float32Array
  readonly width: number
  readonly height: number
  /** Turned picture pixels into tensor pixels. */
  readonly scale: number
}

/**
 * Resize a picture and pad it right and bottom.
 *
 * @param scale tensor pixels a picture pixel.
 */
export function fitTensor(picture: Picture, spec: InputSpec, scale: number): FittedTensor {
  const inner = {
    width: Math.max(1, roundHalfEven(picture.width * scale)),
    height: Math.max(1, roundHalfEven(picture.height * scale)),
  }
  const step = spec.multiple_of
  const width = Math.ceil(inner.width / step) * step
  const height = Math.ceil(inner.height / step) * step
  const data = padded(spec, width, height)
  const whole = { left: 0, top: 0, right: picture.width, bottom: picture.height }
  draw(picture, whole, inner.width, inner.height, spec, data, width, 0, 0)
  return { data, width, height, scale }
}

/**
 * Resize a cut into the middle of the model's size, proportions half way to the model's.
 *
 * @param into (3, h, w) of `size_wh`, filled here.
 */
export function cropTensor(picture: Picture, cut: Cut, spec: InputSpec, into: Float32Array): void {
  const [columns, rows] = spec.size_wh
  const [width, height] = halfwayWh(cut.right - cut.left, cut.bottom - cut.top, columns, rows)
  into.set(padded(spec, columns, rows))
  const top = Math.floor((rows - height) / 2)
  const left = Math.floor((columns - width) / 2)
  draw(picture, cut, width, height, spec, into, columns, left, top)
}

function halfwayWh(width: number, height: number, columns: number, rows: number): [number, number] {
  const aspect = Math.sqrt(((width / height) * columns) / rows)
  if (aspect * rows > columns) return [columns, Math.max(1, roundHalfEven(columns / aspect))]
  return [Math.max(1, roundHalfEven(rows * aspect)), rows]
}

/** Python's round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

function padded(spec: InputSpec, width: number, height: number): Float32Array {
  const area = width * height
  const data = new Float32Array(3 * area)
  for (let channel = 0; channel < 3; channel++) {
    const level =
      (Math.trunc(spec.pad_value) / 255 - at(spec.mean, channel)) / at(spec.std, channel)
    data.fill(level, channel * area, (channel + 1) * area)
  }
  return data
}

/** For each place of a side: its first source pixel, how many, and what each weighs. */
export interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weights: Float32Array
  /** Weights a place has room for. */
  readonly stride: number
}

export function tapsOf(source: number, target: number): Taps {
  const ratio = source / target
  const stride = ratio > 1 ? Math.ceil(ratio) + 1 : 2
  const first = new Int32Array(target)
  const count = new Int32Array(target)
  const weights = new Float32Array(target * stride)
  for (let place = 0; place < target; place++) {
    if (ratio > 1) {
      const from = place * ratio
      const to = Math.min(source, from + ratio)
      const start = Math.floor(from + 1e-9)
      const end = Math.min(source, Math.ceil(to - 1e-9))
      first[place] = start
      count[place] = end - start
      for (let pixel = start; pixel < end; pixel++) {
        const share = Math.min(pixel + 1, to) - Math.max(pixel, from)
        weights[place * stride + pixel - start] = share / (to - from)
      }
    } else {
      const centre = Math.min(Math.max((place + 0.5) * ratio - 0.5, 0), source - 1)
      const start = Math.floor(centre)
      const beyond = centre - start
      first[place] = start
      count[place] = beyond > 0 ? 2 : 1
      weights[place * stride] = 1 - beyond
      weights[place * stride + 1] = beyond
    }
  }
  return { first, count, weights, stride }
}

/** Resample a cut to (height, width) into a normalised (3, ?, rowLength) tensor at left, top. */
function draw(
  picture: Picture,
  cut: Cut,
  width: number,
  height: number,
  spec: InputSpec,
  into: Float32Array,
  rowLength: number,
  left: number,
  top: number,
): void {
  const { rgba } = picture
  const rows = cut.bottom - cut.top
  const across = tapsOf(cut.right - cut.left, width)
  const down = tapsOf(rows, height)
  const lines = new Float32Array(rows * width * 3)
  for (let row = 0; row < rows; row++) {
    const base = (cut.top + row) * picture.width + cut.left
    for (let column = 0; column < width; column++) {
      const count = across.count[column] as number
      let pixel = 4 * (base + (across.first[column] as number))
      let tap = column * across.stride
      let red = 0
      let green = 0
      let blue = 0
      for (let i = 0; i < count; i++, pixel += 4, tap++) {
        const weight = across.weights[tap] as number
        red += weight * (rgba[pixel] as number)
        green += weight * (rgba[pixel + 1] as number)
        blue += weight * (rgba[pixel + 2] as number)
      }
      const out = 3 * (row * width + column)
      lines[out] = red
      lines[out + 1] = green
      lines[out + 2] = blue
    }
  }
  const area = into.length / 3
  for (let channel = 0; channel < 3; channel++) {
    const gain = 1 / (255 * at(spec.std, channel))
    const offset = -at(spec.mean, channel) / at(spec.std, channel)
    for (let row = 0; row < height; row++) {
      const count = down.count[row] as number
      const first = down.first[row] as number
      const out = channel * area + (top + row) * rowLength + left
      for (let column = 0; column < width; column++) {
        let value = 0
        for (let i = 0; i < count; i++) {
          const weight = down.weights[row * down.stride + i] as number
          value += weight * (lines[3 * ((first + i) * width + column) + channel] as number)
        }
        into[out + column] = Math.round(value) * gain + offset
      }
    }
  }
}

function at(values: readonly [number, number, number], channel: number): number {
  return values[channel] as number
}

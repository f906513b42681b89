/** Rectify: one upright picture of a facing out of its frame. As in facings/rectify.py. */

import type { BoxXyxy, FrameSize, Point, Quad } from '../types'
import { type Cut, type Picture, roundHalfEven } from './tensor'

const MARGIN = 0.03
/** A front that leans less, in degrees, is cut out as it is: resampling costs sharpness. */
const LEAST_TILT_DEG = 6
/** What a frame lacks. */
const GREY = 114

/** Where a facing is: its box, and its front's corners where they are known. */
export interface Place {
  readonly boxXyxy: BoxXyxy
  readonly quad: Quad | null
}

/** A picture and the part of it that shows one facing, upright. */
export function cropOf(frame: Picture, { boxXyxy, quad }: Place): readonly [Picture, Cut] {
  if (quad === null || Math.abs(tiltDeg(quad)) < LEAST_TILT_DEG) {
    return [frame, cutOf(boxXyxy, frame)]
  }
  const flat = upright(frame, quad)
  return [flat, { left: 0, top: 0, right: flat.width, bottom: flat.height }]
}

/** A part of a picture as a picture of its own. */
export function cutOut({ width, rgba }: Picture, { left, top, right, bottom }: Cut): Picture {
  const columns = right - left
  const part = new Uint8ClampedArray(4 * columns * (bottom - top))
  for (let row = top; row < bottom; row++) {
    const start = 4 * (row * width + left)
    part.set(rgba.subarray(start, start + 4 * columns), 4 * (row - top) * columns)
  }
  return { width: columns, height: bottom - top, rgba: part }
}

/** The box with a small margin, in whole pixels of the frame, never empty. */
export function cutOf(boxXyxy: BoxXyxy, frame: FrameSize): Cut {
  const [left, top, right, bottom] = boxXyxy
  const beside = (right - left) * MARGIN
  const above = (bottom - top) * MARGIN
  const x0 = Math.trunc(inside(left - beside, frame.width))
  const y0 = Math.trunc(inside(top - above, frame.height))
  return {
    left: Math.min(x0, frame.width - 1),
    top: Math.min(y0, frame.height - 1),
    right: Math.max(x0 + 1, roundHalfEven(inside(right + beside, frame.width))),
    bottom: Math.max(y0 + 1, roundHalfEven(inside(bottom + above, frame.height))),
  }
}

/** A front's box as if it stood upright before the camera: as wide and high as its edges are long. */
export function uprightBox({ boxXyxy, quad }: Place): BoxXyxy {
  if (quad === null) return boxXyxy
  const [width, height] = sidesOf(quad)
  const mean = (axis: 0 | 1) => quad.reduce((sum, corner) => sum + corner[axis], 0) / quad.length
  const [x, y] = [mean(0), mean(1)]
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
}

/** Mean width and height of a front, at least one pixel each. */
function sidesOf([topLeft, topRight, bottomRight, bottomLeft]: Quad): readonly [number, number] {
  const width = (length(topLeft, topRight) + length(bottomLeft, bottomRight)) / 2
  const height = (length(topLeft, bottomLeft) + length(topRight, bottomRight)) / 2
  return [Math.max(1, width), Math.max(1, height)]
}

/** How far a front leans, clockwise: the mean of its upright sides. */
export function tiltDeg([topLeft, topRight, bottomRight, bottomLeft]: Quad): number {
  const x = bottomLeft[0] - topLeft[0] + (bottomRight[0] - topRight[0])
  const y = bottomLeft[1] - topLeft[1] + (bottomRight[1] - topRight[1])
  return (Math.atan2(-x, y) * 180) / Math.PI
}

/** Cut a front out and straighten it, with the margin. */
export function upright(frame: Picture, quad: Quad): Picture {
  const [width, height] = sidesOf(quad)
  const [x, y] = [width * MARGIN, height * MARGIN]
  const frameFromCrop = projection(
    [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ],
    quad,
  )
  const columns = Math.max(1, roundHalfEven(width + 2 * x))
  const rows = Math.max(1, roundHalfEven(height + 2 * y))
  const rgba = new Uint8ClampedArray(4 * columns * rows)
  for (let row = 0, out = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, out += 4) {
      sample(frame, ...through(frameFromCrop, column, row), rgba, out)
    }
  }
  return { width: columns, height: rows, rgba }
}

type Projection = readonly number[] // eight numbers by rows; the ninth is 1

function through(by: Projection, x: number, y: number): [x: number, y: number] {
  const [a, b, c, d, e, f, g, h] = by as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const depth = g * x + h * y + 1
  return [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth]
}

/** The projection that takes four points to four others. */
function projection(from: Quad, to: Quad): Projection {
  const rows: number[][] = []
  from.forEach(([x, y], i) => {
    const [u, v] = to[i] as Point
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v])
  })
  return solved(rows)
}

/** Gauss and Jordan, the largest pivot first. */
function solved(rows: number[][]): number[] {
  const size = rows.length
  for (let step = 0; step < size; step++) {
    const rest = rows.slice(step)
    const largest = rest.reduce((best, row, i) => {
      const here = Math.abs(row[step] as number)
      return here > Math.abs((rest[best] as number[])[step] as number) ? i : best
    }, 0)
    const pivot = rows[step + largest] as number[]
    rows[step + largest] = rows[step] as number[]
    const by = pivot[step] as number
    const unit = pivot.map((value) => value / by)
    rows[step] = unit
    rows.forEach((row, i) => {
      const factor = row[step] as number
      if (i !== step) rows[i] = row.map((value, at) => value - factor * (unit[at] as number))
    })
  }
  return rows.map((row) => row[size] as number)
}

/** Between four pixels, by their distance. */
function sample(frame: Picture, x: number, y: number, into: Uint8ClampedArray, at: number): void {
  const { width, height, rgba } = frame
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [across, down] = [x - left, y - top]
  const pixel = (column: number, row: number, channel: number) =>
    column < 0 || row < 0 || column >= width || row >= height
      ? GREY
      : (rgba[4 * (row * width + column) + channel] as number)
  for (let channel = 0; channel < 3; channel++) {
    const above = (1 - across) * pixel(left, top, channel) + across * pixel(left + 1, top, channel)
    const below =
      (1 - across) * pixel(left, top + 1, channel) + across * pixel(left + 1, top + 1, channel)
    into[at + channel] = (1 - down) * above + down * below
  }
  into[at + 3] = 255
}

function length(from: Point, to: Point): number {
  return Math.hypot(to[0] - from[0], to[1] - from[1])
}

function inside(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit)
}

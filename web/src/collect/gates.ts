/** Quality of a picture, told while the person still stands there: as facings/collect/pictures.py. */

export type Fault = 'blurred' | 'too dark' | 'too bright' | 'too small' | 'cut off'

/** Brightness of each pixel in [0, 255], row by row. */
export interface Grey {
  readonly values: Float32Array
  readonly width: number
  readonly height: number
}

const JUDGED_SIDE_PX = 800
const LEAST_SHARPNESS = 12
const DARK = 40 // mean brightness
const BRIGHT = 200 // 5th percentile
const LEAST_SIDE_PX = 150
const CELLS = 8
const SAME_BITS = 5

/** Brightness of RGBA pixels, by the weights of ITU-R BT.601. */
export function greyOf(rgba: Uint8ClampedArray, width: number, height: number): Grey {
  const values = new Float32Array(width * height)
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]] as number[]
    values[i] = Math.round(
      0.299 * (red as number) + 0.587 * (green as number) + 0.114 * (blue as number),
    )
  }
  return { values, width, height }
}

/** What makes a picture unfit; all that it shows is not judged here: that is the service's. */
export function faultsOf(picture: Grey): readonly Fault[] {
  const { width, height } = picture
  if (Math.min(width, height) < LEAST_SIDE_PX) return ['too small']
  const scale = Math.min(1, JUDGED_SIDE_PX / Math.max(width, height))
  const small = shrunk(picture, Math.round(width * scale), Math.round(height * scale))
  const mean = small.values.reduce((sum, value) => sum + value, 0) / small.values.length
  const faults: Fault[] = []
  if (mean < DARK) faults.push('too dark')
  if (percentile(small.values.slice(), 5) > BRIGHT) faults.push('too bright')
  if (sharpness(small) < LEAST_SHARPNESS) faults.push('blurred')
  return faults
}

/** 99th percentile of the Laplacian's size. */
export function sharpness({ values, width, height }: Grey): number {
  const at = (x: number, y: number): number =>
    values[mirrored(y, height) * width + mirrored(x, width)] as number
  const sizes = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const around = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1)
      sizes[y * width + x] = Math.abs(around - 4 * at(x, y))
    }
  }
  return percentile(sizes, 99)
}

/** Of values that may be put in order here; between two of them in proportion. */
function percentile(values: Float32Array, percent: number): number {
  values.sort()
  const place = (percent / 100) * (values.length - 1)
  const [below, above] = [values[Math.floor(place)] as number, values[Math.ceil(place)] as number]
  return below + (above - below) * (place % 1)
}

/** 64 bits that hardly change when the same sight is photographed again. */
export function sightOf(picture: Grey): bigint {
  const { values } = shrunk(picture, CELLS + 1, CELLS)
  let bits = 0n
  for (let y = 0; y < CELLS; y++) {
    for (let x = 0; x < CELLS; x++) {
      const place = y * (CELLS + 1) + x
      bits = (bits << 1n) | BigInt((values[place + 1] as number) > (values[place] as number))
    }
  }
  return bits
}

export function isSameSight(one: bigint, other: bigint): boolean {
  let differing = one ^ other
  let count = 0
  for (; differing; differing &= differing - 1n) count++
  return count <= SAME_BITS
}

/** Each new pixel is the mean of the area it stands for, rounded. */
export function shrunk(picture: Grey, width: number, height: number): Grey {
  if (width === picture.width && height === picture.height) return picture
  const across = weights(picture.width, width)
  const down = weights(picture.height, height)
  const rows = new Float32Array(width * picture.height)
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (const [from, share] of across[x] as Weights) {
        sum += share * (picture.values[y * picture.width + from] as number)
      }
      rows[y * width + x] = sum
    }
  }
  const values = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (const [from, share] of down[y] as Weights) sum += share * (rows[from * width + x] ?? 0)
      values[y * width + x] = Math.round(sum)
    }
  }
  return { values, width, height }
}

type Weights = ReadonlyArray<readonly [from: number, share: number]>

function weights(before: number, after: number): readonly Weights[] {
  const scale = before / after
  return Array.from({ length: after }, (_, place) => {
    const [start, end] = [place * scale, Math.min((place + 1) * scale, before)]
    const found: [number, number][] = []
    for (let from = Math.floor(start); from < end; from++) {
      found.push([from, (Math.min(from + 1, end) - Math.max(from, start)) / (end - start)])
    }
    return found
  })
}

/** Beyond the edge the picture goes on as in a mirror that stands on the last pixel. */
function mirrored(place: number, size: number): number {
  if (place < 0) return Math.min(-place, size - 1)
  return place < size ? place : Math.max(2 * size - 2 - place, 0)
}

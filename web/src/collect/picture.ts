/** A picture from the camera: upright, without what the file says beside it, judged, and hashed. */

import { type Fault, faultsOf, greyOf, isSameSight, sightOf } from './gates'
import type { Capture, Kind } from './kept'

const LONGEST_SIDE_PX = 3200
const JUDGED_SIDE_PX = 1600
const THUMB_SIDE_PX = 240
const QUALITY = 0.92

/** What is kept of a picture: pixels alone, so that position and time of the file stay behind. */
export interface Taken {
  readonly picture: Blob
  readonly thumb: Blob
  readonly sight: string
  readonly faults: readonly Fault[]
}

/** @throws DOMException where the file is no picture that this browser reads. */
export async function take(file: Blob): Promise<Taken> {
  const bitmap = await createImageBitmap(file)
  try {
    const judged = draw(bitmap, JUDGED_SIDE_PX)
    const { data, width, height } = pixels(judged)
    const grey = greyOf(data, width, height)
    return {
      picture: await jpeg(draw(bitmap, LONGEST_SIDE_PX)),
      thumb: await jpeg(draw(bitmap, THUMB_SIDE_PX)),
      sight: sightOf(grey).toString(16),
      faults: faultsOf(grey),
    }
  } finally {
    bitmap.close()
  }
}

/** The same picture of the same kind has the same id, whenever it is taken up. */
export async function idOf(picture: Blob, kind: Kind): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await picture.arrayBuffer())
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${kind.replace(' ', '-')}-${hex.slice(0, 40)}`
}

/** An earlier capture of the same sight. */
export function sameSight(
  taken: Taken,
  kind: Kind,
  before: readonly Capture[],
): Capture | undefined {
  const sight = BigInt(`0x${taken.sight}`)
  return before.find((each) => each.kind === kind && isSameSight(sight, BigInt(`0x${each.sight}`)))
}

function draw(bitmap: ImageBitmap, longestSidePx: number): OffscreenCanvas {
  const scale = Math.min(1, longestSidePx / Math.max(bitmap.width, bitmap.height))
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  )
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('no canvas')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas
}

function pixels(canvas: OffscreenCanvas): ImageData {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

function jpeg(canvas: OffscreenCanvas): Promise<Blob> {
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })
}

/** Pixels: what a bitmap shows, as numbers. */

import type { Picture } from './tensor'

/** @param bitmap is closed here. */
export function pixelsOf(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('this browser cannot read pictures')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return { width, height, rgba: context.getImageData(0, 0, width, height).data }
}

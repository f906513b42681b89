/** A barcode from close up: the centre of the picture, straight and turned, read by zxing. */

import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'
import { gtin14, upcEToUpcA } from './gtin'

prepareZXingModule({
  overrides: {
    locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm : prefix + path),
  },
})

const SIDE_PX = 640
const TURNS = [0, 45, -20, 20] as const
let turn = 0

type Picture = HTMLVideoElement | ImageBitmap

/** The GTIN-14 of a barcode in the middle of the picture; each call tries another turn. */
export async function readBarcode(picture: Picture): Promise<string | null> {
  turn = (turn + 1) % TURNS.length
  const image = centre(picture, TURNS[turn] as number)
  const found = await readBarcodes(image, {
    formats: ['EAN13', 'EAN8', 'UPCA', 'UPCE', 'ITF', 'DataBar'],
    maxNumberOfSymbols: 1,
    tryHarder: true,
  })
  const code = found[0]
  if (!code?.isValid) return null
  const digits = code.format === 'UPCE' ? (upcEToUpcA(code.text) ?? code.text) : code.text
  return gtin14(digits.replace(/^\(01\)|^01(?=[0-9]{14}$)/, '')).gtin
}

/** The middle of the picture, upright again after a code that lies askew. */
function centre(picture: Picture, degrees: number): ImageData {
  const [width, height] =
    picture instanceof HTMLVideoElement
      ? [picture.videoWidth, picture.videoHeight]
      : [picture.width, picture.height]
  const side = Math.min(SIDE_PX, width, height)
  const canvas = new OffscreenCanvas(side, side)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('no canvas')
  context.translate(side / 2, side / 2)
  context.rotate((degrees * Math.PI) / 180)
  const scale = Math.max(side / Math.max(width, height), side / Math.min(width, height) / 1.3)
  context.scale(scale, scale)
  context.drawImage(picture, -width / 2, -height / 2)
  return context.getImageData(0, 0, side, side)
}

/** The engine without the app, for tests to drive: see conftest.py. */

import { ApiRecogniser } from '../src/engine/api'
import { openCamera } from '../src/engine/capture'
import type { Grey } from '../src/engine/grey'
import { Live } from '../src/engine/live'
import { DETECTOR } from '../src/engine/manifest'
import { Runtime } from '../src/engine/runtime'
import { median } from '../src/engine/track'
import type { BoxXyxy, LiveSnapshot, Quad } from '../src/types'
import { type Noted, notedOf, replay } from './replay'

const MARK_PX = 16
const MARK_BITS = 12

const video = document.querySelector('video') as HTMLVideoElement
const overlay = document.querySelector('canvas') as HTMLCanvasElement

async function bitmapOf(url: string): Promise<ImageBitmap> {
  const blob = await (await fetch(url)).blob()
  return createImageBitmap(blob, { colorSpaceConversion: 'none' })
}

/** What the networks say of a picture: boxes looked for twice, vectors and print of facings given. */
async function parity(url: string, boxes: readonly BoxXyxy[], quads: readonly Quad[] | null) {
  const runtime = await Runtime.open()
  const strong = DETECTOR.thresholds.score ?? 0.5
  const { detections } = await runtime.detect(await bitmapOf(url), null, strong)
  const places = boxes.map((boxXyxy, i) => ({ boxXyxy, quad: quads?.[i] ?? null }))
  const { vectorsI8 } = await runtime.embed(places)
  const printed: (readonly string[])[] = []
  await runtime.fetchPrint()
  for (const place of places) printed.push((await runtime.read(place))?.lines ?? [])
  const { threads } = runtime
  runtime.close()
  return { detections, vectors: vectorsI8.map((each) => [...each]), printed, threads }
}

/** How alike facings of a picture are to the service's views of products, the same for each. */
async function alike(
  url: string,
  boxes: readonly BoxXyxy[],
  gtins: readonly (readonly string[])[],
) {
  const [runtime, service] = [await Runtime.open(), new ApiRecogniser()]
  await runtime.detect(await bitmapOf(url), null, 1)
  const found: (readonly number[])[] = []
  for (const [i, boxXyxy] of boxes.entries()) {
    const views: Grey[] = []
    for (const gtin of gtins[i] ?? []) {
      const view = await service.view(gtin)
      if (view) views.push(view)
    }
    found.push((await runtime.compare({ boxXyxy, quad: null }, views)).likeness)
  }
  runtime.close()
  return found
}

/** The number that the shown frame carries in its upper left corner: see walk.py. */
function frameNumber(context: OffscreenCanvasRenderingContext2D): number {
  context.drawImage(video, 0, 0, MARK_PX * MARK_BITS, MARK_PX, 0, 0, MARK_BITS, 1)
  const { data } = context.getImageData(0, 0, MARK_BITS, 1)
  let number = 0
  for (let bit = 0; bit < MARK_BITS; bit++) {
    if ((data[4 * bit + 1] as number) > 128) number |= 1 << bit
  }
  return number
}

/** Look through the camera for a while, and note with every frame what is shown. */
async function walk(forMs: number, key: string | null) {
  const context = new OffscreenCanvas(MARK_BITS, 1).getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('no canvas')
  const recogniser = new ApiRecogniser({ key })
  const live = new Live({ recogniser, overlay })
  await openCamera(video)
  await live.start(video)
  const noted: Noted[] = []
  const speeds: LiveSnapshot['speed'][] = []
  let isSlow = false
  let isOver = false
  // Asked for after the engine did, so it is told of each frame just after the engine drew it.
  const note = () => {
    noted.push(notedOf(frameNumber(context), live.tracks()))
    speeds.push(live.snapshot.speed)
    isSlow ||= live.snapshot.engine === 'slow'
    if (!isOver) video.requestVideoFrameCallback(note)
  }
  video.requestVideoFrameCallback(note)
  await new Promise((resolve) => setTimeout(resolve, forMs))
  isOver = true
  live.stop()
  const { sent } = recogniser
  const middle = (of: (speed: LiveSnapshot['speed']) => number | null) => {
    const values = speeds.map(of).filter((value) => value !== null)
    return Math.round(10 * median(values)) / 10
  }
  const framesASecond = {
    overlay: middle((speed) => speed.overlayFps),
    detection: middle((speed) => speed.detectFps),
    'detection, ms': middle((speed) => speed.detectMs),
    'embedding a facing, ms': middle((speed) => speed.embedMs),
    'comparing a facing, ms': middle((speed) => speed.compareMs),
    'reading a facing, ms': middle((speed) => speed.readMs),
  }
  return { noted, sent, framesASecond, isSlow, problem: live.snapshot.problem }
}

async function scan(url: string, key: string | null) {
  const live = new Live({ recogniser: new ApiRecogniser({ key }), overlay })
  return live.scanPicture(await bitmapOf(url))
}

Object.assign(window, { parity, alike, walk, replay, scan })

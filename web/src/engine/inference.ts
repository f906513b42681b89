/** Inference: both networks on one frame after the other. Runs inside a worker. */

import type * as Ort from 'onnxruntime-web/wasm'
import type { Detection, FrameSize } from '../types'
import { betterScale, FIRST_LOOK_SCORE } from './closer'
import { type Cells, detectionsOf } from './detect'
import {
  DETECTOR,
  EMBEDDER,
  type Manifest,
  PRINT_FINDER,
  PRINT_READER,
  weightsUrl,
} from './manifest'
import { readPrint } from './print'
import { cropOf, cutOut, type Place } from './rectify'
import { cropTensor, fitTensor, type Picture } from './tensor'

const MAX_IOU = DETECTOR.thresholds.nms_iou ?? 1
/** Crops embedded in one run: more bring nothing and make the next frame wait. */
const BATCH = 4
/** Length of a unit vector in int8. */
const ONE = 127

export interface Detected {
  readonly detections: readonly Detection[]
  readonly frameSize: FrameSize
  /** Of the network alone, without reading the picture. */
  readonly networkMs: number
}

export interface Embedded {
  /** One a facing, in their order: unit vectors x 127. */
  readonly vectorsI8: readonly Int8Array[]
  readonly artworkI8: readonly (Int8Array | null)[]
  /** Numbers of one cell of artwork. */
  readonly channels: number
  readonly networkMs: number
}

/** What was read on one facing. */
export interface Read {
  readonly lines: readonly string[]
  readonly tookMs: number
}

/** Both networks that read print. */
type Print = ReadonlyMap<Manifest, Ort.InferenceSession>

export type Provider = 'wasm' | 'webgpu'

/** What the worker offers; calls are answered one after the other. */
export class Inference {
  readonly #ort: typeof Ort
  readonly #provider: Provider
  #detector: Ort.InferenceSession | null = null
  #embedder: Ort.InferenceSession | null = null
  #print: Promise<Print> | null = null
  #picture: Picture | null = null

  constructor(ort: typeof Ort, provider: Provider) {
    this.#ort = ort
    this.#provider = provider
  }

  /**
   * Fetch and open both networks.
   *
   * @param threads 1 where the page is not isolated.
   * @param onLoaded told the share of bytes that have arrived, in [0, 1].
   */
  async load(threads: number, onLoaded: (share: number) => void): Promise<void> {
    this.#ort.env.wasm.numThreads = threads
    this.#ort.env.logLevel = 'error'
    const models = [DETECTOR, EMBEDDER]
    const total = models.reduce((sum, model) => sum + model.stored.bytes, 0)
    let arrived = 0
    const note = (bytes: number) => {
      arrived += bytes
      onLoaded(arrived / total)
    }
    const [detector, embedder] = await Promise.all(models.map((model) => fetched(model, note)))
    this.#detector = await this.#open(detector as Uint8Array)
    this.#embedder = await this.#open(embedder as Uint8Array)
  }

  /**
   * Find the facings of a frame, and keep the frame for `embed`.
   *
   * @param bitmap is closed here.
   * @param longSide in pixels the network sees; null looks as closely as Python does: twice.
   */
  async detect(bitmap: ImageBitmap, longSide: number | null, minScore: number): Promise<Detected> {
    const picture = pixelsOf(bitmap)
    this.#picture = picture
    const frameSize = { width: picture.width, height: picture.height }
    const longest = Math.max(picture.width, picture.height)
    const once = longSide ?? Math.max(...DETECTOR.input.size_wh)
    let look = await this.#look(picture, Math.min(1, once / longest))
    let networkMs = look.networkMs
    if (longSide === null && DETECTOR.facing_height_px !== undefined) {
      const found = detectionsOf(look.cells, look.scale, frameSize, FIRST_LOOK_SCORE, MAX_IOU)
      const step = DETECTOR.input.multiple_of
      const scale = betterScale(found, longest, DETECTOR.facing_height_px, step)
      look = await this.#look(picture, scale)
      networkMs += look.networkMs
    }
    const detections = detectionsOf(look.cells, look.scale, frameSize, minScore, MAX_IOU)
    return { detections, frameSize, networkMs }
  }

  async #look(picture: Picture, wanted: number) {
    const session = opened(this.#detector)
    const { outputs, networkMs, scale } = await this.#run(session, DETECTOR, picture, wanted)
    const cells: Cells = {
      boxes: floats(outputs, 'boxes_xyxy'),
      scores: floats(outputs, 'scores'),
      quads: 'quads' in outputs ? floats(outputs, 'quads') : null,
    }
    return { cells, scale, networkMs }
  }

  async #run(session: Ort.InferenceSession, model: Manifest, picture: Picture, wanted: number) {
    const { data, width, height, scale } = fitTensor(picture, model.input, wanted)
    const input = new this.#ort.Tensor('float32', data, [1, 3, height, width])
    const started = performance.now()
    const outputs = await session.run({ [model.input.name]: input })
    return { outputs, networkMs: performance.now() - started, scale }
  }

  /** Embed facings of the frame that was detected last. */
  async embed(places: readonly Place[]): Promise<Embedded> {
    const vectorsI8: Int8Array[] = []
    const artworkI8: (Int8Array | null)[] = []
    let channels = 0
    let networkMs = 0
    for (let start = 0; start < places.length; start += BATCH) {
      const some = places.slice(start, start + BATCH)
      const started = performance.now()
      const outputs = await opened(this.#embedder).run({
        [EMBEDDER.input.name]: this.#crops(some),
      })
      networkMs += performance.now() - started
      vectorsI8.push(...rows(floats(outputs, 'vectors'), some.length))
      channels = outputs.artwork?.dims[1] ?? 0
      const artwork = 'artwork' in outputs ? rows(floats(outputs, 'artwork'), some.length) : null
      artworkI8.push(...(artwork ?? some.map(() => null)))
    }
    return { vectorsI8, artworkI8, channels, networkMs }
  }

  /**
   * Read the print on a facing of the frame that was detected last. Where the networks for it cannot
   * be had nothing is read: it is a help, and no reason to stop.
   */
  async read(place: Place): Promise<Read> {
    const print = await this.#openedPrint()
    if (print === null) return { lines: [], tookMs: 0 }
    const started = performance.now()
    const facing = cutOut(...cropOf(this.#detected(), place))
    const lines = await readPrint(facing, async (model, picture, scale) => {
      const session = opened(print.get(model) ?? null)
      const name = Object.keys(model.outputs)[0] ?? ''
      const { outputs } = await this.#run(session, model, picture, scale)
      return { data: floats(outputs, name), dims: outputs[name]?.dims ?? [] }
    })
    return { lines, tookMs: performance.now() - started }
  }

  /** Few shelves need them, and none at once: they are opened when they are asked for. */
  async #openedPrint(): Promise<Print | null> {
    const models = [PRINT_FINDER, PRINT_READER]
    this.#print ??= Promise.all(
      models.map(async (model) => [model, await this.#open(await fetched(model))] as const),
    ).then((each) => new Map(each))
    try {
      return await this.#print
    } catch {
      this.#print = null
      return null
    }
  }

  #detected(): Picture {
    if (this.#picture === null) throw new Error('a frame is detected before its facings are seen')
    return this.#picture
  }

  #crops(places: readonly Place[]): Ort.Tensor {
    const picture = this.#detected()
    const [width, height] = EMBEDDER.input.size_wh
    const length = 3 * width * height
    const data = new Float32Array(places.length * length)
    places.forEach((place, i) => {
      const into = data.subarray(i * length, (i + 1) * length)
      cropTensor(...cropOf(picture, place), EMBEDDER.input, into)
    })
    return new this.#ort.Tensor('float32', data, [places.length, 3, height, width])
  }

  #open(weights: Uint8Array): Promise<Ort.InferenceSession> {
    return this.#ort.InferenceSession.create(weights, {
      executionProviders: [this.#provider],
      graphOptimizationLevel: 'all',
      // Detector and embedder take turns: the idle one's threads must not spin on the cores of the
      // other (see facings/session.py).
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    })
  }
}

function opened(session: Ort.InferenceSession | null): Ort.InferenceSession {
  if (session === null) throw new Error('load the models first')
  return session
}

function floats(outputs: Ort.InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) throw new Error(`the network gives no ${name}`)
  return data
}

/** Each row of (N, ...) as signed bytes. */
function rows(values: Float32Array, count: number): Int8Array[] {
  const length = values.length / count
  return Array.from({ length: count }, (_, row) =>
    Int8Array.from(values.subarray(row * length, (row + 1) * length), (value) =>
      Math.round(value * ONE),
    ),
  )
}

function pixelsOf(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('this browser cannot read pictures in a worker')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return { width, height, rgba: context.getImageData(0, 0, width, height).data }
}

async function fetched(
  model: Manifest,
  note: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const response = await fetch(weightsUrl(model))
  if (!response.ok || response.body === null) {
    throw new Error(`${model.name} could not be loaded (${response.status})`)
  }
  const weights = new Uint8Array(model.stored.bytes)
  let at = 0
  const reader = response.body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (at + read.value.length > weights.length) throw new Error(`${model.name} is too long`)
    weights.set(read.value, at)
    at += read.value.length
    note(read.value.length)
  }
  if (at !== weights.length) throw new Error(`${model.name} arrived in part only`)
  return weights
}

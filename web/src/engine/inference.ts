/** Inference: both networks on one frame after the other. Runs inside a worker. */

import type * as Ort from 'onnxruntime-web/wasm'
import type { Detection, FrameSize } from '../types'
import { betterScale, FIRST_LOOK_SCORE } from './closer'
import { compareByBlocks } from './compare'
import { type Cells, detectionsOf } from './detect'
import type { Grey } from './grey'
import {
  DETECTOR,
  EMBEDDER,
  type Manifest,
  PRINT_FINDER,
  PRINT_READER,
  weightsUrl,
} from './manifest'
import { pixelsOf } from './pixels'
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

/** What pictures said of one facing. */
export interface Compared {
  /** To each of them, in [-1, 1]; empty where it lies over none. */
  readonly likeness: readonly number[]
  readonly tookMs: number
}

/** The networks that read print. */
const PRINT = [PRINT_FINDER, PRINT_READER]

export type Provider = 'wasm' | 'webgpu'

/** What the worker offers; calls are answered one after the other. */
export class Inference {
  readonly #ort: typeof Ort
  readonly #provider: Provider
  #detector: Ort.InferenceSession | null = null
  #embedder: Ort.InferenceSession | null = null
  #printFetching: Promise<readonly Uint8Array[]> | null = null
  #printWeights: readonly Uint8Array[] | null = null
  #print: ReadonlyMap<Manifest, Ort.InferenceSession> | null = null
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
   * Compare a facing of the frame that was detected last with pictures of what it may be.
   *
   * @param views at least two, the likeliest product's first.
   */
  async compare(place: Place, views: readonly Grey[]): Promise<Compared> {
    const started = performance.now()
    const likeness = compareByBlocks(cutOut(...cropOf(this.#detected(), place)), views)
    return { likeness, tookMs: performance.now() - started }
  }

  /**
   * Fetch what reads print, once. Few shelves need it and none at once: detection goes on meanwhile.
   *
   * @throws where it cannot be had now; it may be asked for again.
   */
  async fetchPrint(): Promise<void> {
    this.#printFetching ??= Promise.all(PRINT.map((model) => fetched(model)))
    try {
      this.#printWeights = await this.#printFetching
    } catch (error) {
      this.#printFetching = null
      throw error
    }
  }

  /**
   * Read the print on a facing of the frame that was detected last.
   *
   * @returns null while what reads it is on its way: it is a help, and nobody waits for it.
   */
  async read(place: Place): Promise<Read | null> {
    if (this.#printWeights === null) {
      void this.fetchPrint().catch(() => {})
      return null
    }
    const print = await this.#openedPrint(this.#printWeights)
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

  /** On the processor: a graphics card would prepare itself for the size of every line. */
  async #openedPrint(weights: readonly Uint8Array[]) {
    if (this.#print) return this.#print
    const print = new Map<Manifest, Ort.InferenceSession>()
    for (const [i, model] of PRINT.entries()) {
      print.set(model, await this.#open(weights[i] as Uint8Array, 'wasm'))
    }
    this.#print = print
    return print
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

  #open(weights: Uint8Array, provider = this.#provider): Promise<Ort.InferenceSession> {
    return this.#ort.InferenceSession.create(weights, {
      executionProviders: [provider],
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

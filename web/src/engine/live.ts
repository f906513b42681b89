/**
 * The live loop: camera picture to named tracks. The app's only door to the engine.
 *
 *     const live = new Live({ recogniser: new ApiRecogniser(), overlay: canvas })
 *     live.onSnapshot((snapshot) => (shown.value = snapshot))
 *     await live.start(video)   // a video element that plays the camera: see capture.ts
 *     live.dim(new Set([17]))   // track ids that a filter puts into the background
 *     live.stop()
 */

import type {
  EmbeddedFacing,
  EngineState,
  FrameSize,
  LiveSnapshot,
  Speed,
  Track,
  Witness,
} from '../types'
import { DETECTOR, EMBEDDER, embedderId } from './manifest'
import { hintOf, Steadiness } from './motion'
import { drawOverlay, placementOf, trackUnder } from './overlay'
import { Pace } from './pace'
import { type Recogniser, RecogniserAway } from './recogniser'
import { Roster } from './roster'
import { Runtime, WorkerStuck } from './runtime'
import { scanStill } from './still'
import type { TrackedBox } from './track'
import { type Taken, Watch } from './watch'

export interface LiveOptions {
  readonly recogniser: Recogniser
  /** Lies over the video, of the same size and object-fit; the engine draws it. */
  readonly overlay: HTMLCanvasElement
}

export const STOPPED: LiveSnapshot = {
  engine: 'stopped',
  problem: null,
  loaded: 0,
  frameSize: { width: 0, height: 0 },
  tracks: [],
  hint: null,
  speed: {
    overlayFps: null,
    detectFps: null,
    detectMs: null,
    embedMs: null,
    backend: 'wasm',
    threads: 1,
  },
}

/** Facings embedded between two detections at most, and how long that may take: boxes lag then. */
const MOST_LOOKS = 8
const LOOKS_MS = 350
/** Neighbours told of with each question: enough to fit a plane of sizes. */
const MOST_WITNESSES = 8
const TELL_EVERY_MS = 100
const STRONG = DETECTOR.thresholds.score ?? 0.5

export class Live {
  readonly #overlay: HTMLCanvasElement
  readonly #listeners = new Set<(snapshot: LiveSnapshot) => void>()
  readonly #roster = new Roster(STRONG)
  readonly #steadiness = new Steadiness()
  readonly #pace = new Pace()
  #recogniser: Recogniser
  #runtime: Promise<Runtime> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #running: AbortController | null = null
  #video: HTMLVideoElement | null = null
  #watch: Watch | null = null
  #snapshot: LiveSnapshot = STOPPED
  #toldAtMs = 0
  #detections = { count: 0, sinceMs: 0, fps: null as number | null }
  #embedMs: number | null = null
  #hasTriedWebGpu = false
  #dimmed: ReadonlySet<number> = new Set()
  #names: ReadonlyMap<number, string> = new Map()

  constructor(options: LiveOptions) {
    this.#overlay = options.overlay
    this.#recogniser = options.recogniser
  }

  get snapshot(): LiveSnapshot {
    return this.#snapshot
  }

  /** Be told whenever anything but the boxes' place changes, and at most ten times a second. */
  onSnapshot(listener: (snapshot: LiveSnapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Load the models once, then follow the video until `stop`. Pauses by itself when hidden. */
  async start(video: HTMLVideoElement): Promise<void> {
    this.stop()
    const running = new AbortController()
    this.#running = running
    this.#video = video
    this.#roster.reset()
    try {
      await this.#opened()
      if (running.signal.aborted) return
      this.#watch = new Watch(video, (watch) => this.#draw(watch))
      this.#tell('running')
      void this.#follow(video, this.#watch, running.signal)
    } catch (error) {
      if (!running.signal.aborted) this.#fail(error)
    }
  }

  /** Leave the video; the models stay loaded. */
  stop(): void {
    this.#running?.abort()
    this.#running = null
    this.#watch?.stop()
    this.#watch = null
    this.#video = null
    this.#roster.reset()
    const context = this.#overlay.getContext('2d')
    context?.clearRect(0, 0, this.#overlay.width, this.#overlay.height)
    this.#tell('stopped')
  }

  /** Recognise one still picture, as closely as the engine can; the answer holds every facing. */
  async scanPicture(
    bitmap: ImageBitmap,
    signal = new AbortController().signal,
  ): Promise<LiveSnapshot> {
    const frameSize = { width: bitmap.width, height: bitmap.height }
    const runtime = await this.#opened()
    const tracks = await this.#inTurn(() => scanStill(runtime, this.#recogniser, bitmap, signal))
    return { ...this.#snapshot, frameSize, tracks, hint: null }
  }

  /** The tracks where they are this very moment: the snapshot's are up to a tenth of a second old. */
  tracks(): Track[] {
    return this.#roster.tracks(this.#watch?.sinceKnown)
  }

  /** Track ids drawn in the background: those a filter leaves out. */
  dim(trackIds: ReadonlySet<number>): void {
    this.#dimmed = trackIds
  }

  /** Short names to write beside facings, by track id. */
  name(names: ReadonlyMap<number, string>): void {
    this.#names = names
  }

  /** The track under a point of the overlay (CSS pixels), small ones widened to 44 CSS pixels. */
  trackAt(x: number, y: number): number | null {
    const placement = this.#placement(this.#snapshot.frameSize)
    return placement && trackUnder(this.tracks(), placement, x, y)
  }

  /** Ask another recogniser from now on, such as a pack when the network is gone. */
  use(recogniser: Recogniser): void {
    this.#recogniser = recogniser
  }

  /** What left the device for a track, so that feedback can say it; null when nothing did. */
  embeddingOf(trackId: number): Int8Array | null {
    return this.#roster.sentOf(trackId)?.vectorI8 ?? null
  }

  /** One frame at a time: the worker embeds facings of the frame it saw last. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  #opened(): Promise<Runtime> {
    if (this.#runtime === null) {
      this.#tell('loading')
      const opening = Runtime.open((loaded) => {
        this.#snapshot = { ...this.#snapshot, loaded }
        this.#tell('loading')
      })
      this.#runtime = opening
      opening.catch(() => {
        this.#runtime = null // the next start tries again
      })
    }
    return this.#runtime
  }

  async #follow(video: HTMLVideoElement, watch: Watch, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (document.hidden) {
          this.#tell('paused')
          await shown(signal)
          continue
        }
        watch.wasCut = false
        const taken = await watch.take()
        if (taken === null) return
        const started = performance.now()
        await this.#inTurn(() => this.#lookOnce(video, watch, taken, signal))
        await rested(this.#pace.restMs(performance.now() - started))
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof WorkerStuck)) {
          this.#fail(error)
          return
        }
        await this.#replaceWorker()
      }
    }
  }

  async #lookOnce(
    video: HTMLVideoElement,
    watch: Watch,
    { bitmap, atMs, shift }: Taken,
    signal: AbortSignal,
  ): Promise<void> {
    const runtime = await this.#opened()
    const started = performance.now()
    const found = await runtime.detect(bitmap, this.#pace.longSide, this.#roster.weakest)
    if (signal.aborted || watch.wasCut) return
    this.#pace.note(performance.now() - started)
    this.#countDetection()
    this.#roster.update(found.detections, atMs, shift)
    watch.know()
    this.#snapshot = { ...this.#snapshot, frameSize: found.frameSize }
    this.#draw(watch)
    this.#tellOften()
    if (!this.#steadiness.isMoving) await this.#look(runtime, signal)
    if (!this.#hasTriedWebGpu) {
      this.#hasTriedWebGpu = true
      void this.#tryWebGpu(video, runtime)
    }
  }

  /** Embed what is due, and ask what it is without waiting for the answer. */
  async #look(runtime: Runtime, signal: AbortSignal): Promise<void> {
    const fitting = Math.floor(LOOKS_MS / (this.#embedMs ?? 1))
    const due = this.#roster.due(Math.max(2, Math.min(MOST_LOOKS, fitting)))
    if (due.length === 0) return
    const { vectorsI8, artworkI8, networkMs } = await runtime.embed(due.map((each) => each.boxXyxy))
    this.#embedMs = networkMs / due.length
    const facings = due.map((each, i): EmbeddedFacing => {
      const artwork = this.#roster.wantsArtwork(each.id) ? (artworkI8[i] ?? null) : null
      const { boxXyxy, score } = each
      return { boxXyxy, score, vectorI8: vectorsI8[i] as Int8Array, artworkI8: artwork }
    })
    due.forEach((each, i) => {
      this.#roster.asked(each.id, facings[i] as EmbeddedFacing)
    })
    this.#tellOften()
    const witnesses = this.#roster
      .witnesses(new Set(due.map((each) => each.id)))
      .slice(0, MOST_WITNESSES)
    void this.#ask(due, facings, witnesses, signal)
  }

  async #ask(
    due: readonly TrackedBox[],
    facings: readonly EmbeddedFacing[],
    witnesses: readonly Witness[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const by = embedderId(EMBEDDER)
      const answers = await this.#recogniser.recognise(facings, by, signal, witnesses)
      due.forEach((each, i) => {
        const answer = answers[i]
        if (answer) this.#roster.answered(each.id, answer)
      })
      this.#tell()
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof RecogniserAway)) {
        this.#fail(error)
        return
      }
      const until = performance.now() + error.retryAfterMs
      for (const each of due) this.#roster.unanswered(each.id, until)
      this.#tell()
    }
  }

  /** Go over to the graphics card where it is real and faster by a clear margin. */
  async #tryWebGpu(video: HTMLVideoElement, now: Runtime): Promise<void> {
    const other = await Runtime.openWebGpu()
    if (other === null) return
    const side = this.#pace.longSide
    const timed = async (runtime: Runtime) => {
      const runs: number[] = []
      for (let i = 0; i < 3; i++) {
        const { networkMs } = await runtime.detect(await createImageBitmap(video), side, 1)
        runs.push(networkMs)
      }
      return Math.min(...runs)
    }
    try {
      if ((await timed(other)) < 0.8 * (await timed(now))) {
        this.#runtime = Promise.resolve(other)
        now.close()
        return
      }
    } catch {
      // It stopped half way: the processor goes on.
    }
    other.close()
  }

  async #replaceWorker(): Promise<void> {
    const stuck = this.#runtime
    this.#runtime = null
    ;(await stuck)?.close()
    await this.#opened().catch((error: unknown) => this.#fail(error))
  }

  /** Called for every picture the video shows. */
  #draw(watch: Watch): void {
    if (watch.wasCut) this.#roster.reset()
    this.#steadiness.note(watch.lastShift, watch.frameSize.width, watch.lastTookMs)
    const context = this.#overlay.getContext('2d')
    const { frameSize } = watch
    const placement = this.#placement(frameSize)
    if (!context || !placement) return
    drawOverlay(context, this.tracks(), placement, {
      dimmed: this.#dimmed,
      names: this.#names,
    })
  }

  #placement(frame: FrameSize) {
    const { clientWidth: width, clientHeight: height } = this.#overlay
    if (frame.width === 0 || width === 0) return null
    const ratio = window.devicePixelRatio || 1
    const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (this.#overlay.width !== wide || this.#overlay.height !== tall) {
      this.#overlay.width = wide
      this.#overlay.height = tall
    }
    const fit = this.#video && getComputedStyle(this.#video).objectFit
    return placementOf(frame, { width, height }, fit === 'cover' ? 'cover' : 'contain')
  }

  #countDetection(): void {
    const now = performance.now()
    const counted = this.#detections
    counted.count++
    if (now - counted.sinceMs < 2000) return
    counted.fps = counted.sinceMs ? (1000 * counted.count) / (now - counted.sinceMs) : null
    counted.count = 0
    counted.sinceMs = now
  }

  #tellOften(): void {
    if (performance.now() - this.#toldAtMs >= TELL_EVERY_MS) this.#tell()
  }

  #tell(engine?: EngineState): void {
    const tracks = this.tracks()
    const isFollowing = this.#watch !== null
    const pace: EngineState = this.#pace.isSlow ? 'slow' : 'running'
    const state = engine ?? (isFollowing ? pace : this.#snapshot.engine)
    this.#toldAtMs = performance.now()
    this.#snapshot = {
      ...this.#snapshot,
      engine: state,
      problem: state === 'failed' ? this.#snapshot.problem : null,
      tracks,
      hint: isFollowing ? this.#hint() : null,
      speed: this.#speed(),
    }
    void this.#runtime?.then(
      ({ provider, threads }) => {
        const { speed } = this.#snapshot
        this.#snapshot = { ...this.#snapshot, speed: { ...speed, backend: provider, threads } }
      },
      () => {},
    )
    for (const listener of this.#listeners) listener(this.#snapshot)
  }

  #hint() {
    const watch = this.#watch
    if (!watch || watch.frameSize.height === 0) return null
    const { tracks, frameSize } = this.#snapshot
    const unknown = tracks.filter((track) => track.state === 'unknown').length
    return hintOf(
      watch.brightness,
      this.#steadiness.isMoving,
      tracks.map(({ boxXyxy }) => boxXyxy[3] - boxXyxy[1]),
      tracks.length ? unknown / tracks.length : 0,
      frameSize.height,
    )
  }

  #speed(): Speed {
    return {
      ...this.#snapshot.speed,
      overlayFps: this.#watch?.fps ?? null,
      detectFps: this.#detections.fps,
      detectMs: this.#pace.typicalMs,
      embedMs: this.#embedMs,
    }
  }

  #fail(error: unknown): void {
    this.#running?.abort()
    this.#watch?.stop()
    this.#watch = null
    const problem = error instanceof Error ? error.message : String(error)
    this.#snapshot = { ...this.#snapshot, problem }
    this.#tell('failed')
  }
}

function rested(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Wait until the page is looked at again. */
function shown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const once = { once: true } as const
    document.addEventListener('visibilitychange', () => resolve(), once)
    signal.addEventListener('abort', () => resolve(), once)
  })
}

/**
 * The live loop: camera picture to named tracks. The app's only door to the engine.
 *
 *     const live = new Live({ recogniser: new ApiRecogniser(), overlay: canvas })
 *     live.onSnapshot((snapshot) => (shown.value = snapshot))
 *     await live.start(video)   // a video element that plays the camera: see capture.ts
 *     live.dim(new Set([17]))   // track ids that a filter puts into the background
 *     live.stop()
 */

import type { EngineState, Hint, LiveSnapshot, Track } from '../types'
import { Follower, type Question } from './follow'
import { hintOf } from './motion'
import { Pace } from './pace'
import type { Recogniser } from './recogniser'
import { fasterThan, Runtime, WorkerStuck } from './runtime'
import { Screen } from './screen'
import type { Taken } from './sight'
import { scanStill } from './still'
import { Watch } from './watch'

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
    compareMs: null,
    readMs: null,
    backend: 'wasm',
    threads: 1,
  },
}

const TELL_EVERY_MS = 100

export class Live {
  readonly #screen: Screen
  readonly #follower: Follower
  readonly #listeners = new Set<(snapshot: LiveSnapshot) => void>()
  readonly #pace = new Pace()
  #runtime: Promise<Runtime> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #running: AbortController | null = null
  #watch: Watch | null = null
  #snapshot: LiveSnapshot = STOPPED
  #toldAtMs = 0
  #hasTriedWebGpu = false

  constructor(options: LiveOptions) {
    this.#screen = new Screen(options.overlay)
    this.#follower = new Follower(options.recogniser)
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
    this.#screen.video = video
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
    this.#follower.reset()
    this.#screen.clear()
    this.#tell('stopped')
  }

  /** Recognise one still picture, as closely as the engine can; the answer holds every facing. */
  async scanPicture(
    bitmap: ImageBitmap,
    signal = new AbortController().signal,
  ): Promise<LiveSnapshot> {
    const frameSize = { width: bitmap.width, height: bitmap.height }
    const runtime = await this.#opened()
    const { recogniser } = this.#follower
    const tracks = await this.#inTurn(() => scanStill(runtime, recogniser, bitmap, signal))
    return { ...this.#snapshot, frameSize, tracks, hint: null }
  }

  /** The tracks where they are this very moment: the snapshot's are up to a tenth of a second old. */
  tracks(): Track[] {
    return this.#follower.tracks(this.#watch?.sight.sinceKnown)
  }

  /** Track ids drawn in the background: those a filter leaves out. */
  dim(trackIds: ReadonlySet<number>): void {
    this.#screen.dimmed = trackIds
  }

  /** Short names to write beside facings, by track id. */
  name(names: ReadonlyMap<number, string>): void {
    this.#screen.names = names
  }

  /** The track under a point of the overlay (CSS pixels), small ones widened to 44 CSS pixels. */
  trackAt(x: number, y: number): number | null {
    return this.#screen.trackAt(this.tracks(), this.#snapshot.frameSize, x, y)
  }

  /** Ask another recogniser from now on, such as a pack when the network is gone. */
  use(recogniser: Recogniser): void {
    this.#follower.recogniser = recogniser
  }

  /** A person says which product a track is. */
  choose(trackId: number, gtin: string): void {
    this.#follower.choose(trackId, gtin)
    this.#tell()
  }

  /** What a track looks like, as it leaves the device, so that feedback can say it. */
  embeddingOf(trackId: number): Int8Array | null {
    return this.#follower.vectorOf(trackId)
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
        watch.sight.wasCut = false
        const taken = await watch.take()
        if (taken === null) return
        const started = performance.now()
        const isBusy = await this.#inTurn(() => this.#lookOnce(video, watch, taken, signal))
        await rested(this.#pace.restMs(performance.now() - started, isBusy))
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

  /** @returns whether there was anything to ask. */
  async #lookOnce(
    video: HTMLVideoElement,
    watch: Watch,
    taken: Taken,
    signal: AbortSignal,
  ): Promise<boolean> {
    const runtime = await this.#opened()
    const { sight } = watch
    const { isReadable } = sight // the picture taken, not the one that comes while it is searched
    const started = performance.now()
    const isWanted = () => !signal.aborted && !sight.wasCut
    const frameSize = await this.#follower.find(runtime, taken, this.#pace.longSide, isWanted)
    this.#pace.note(performance.now() - started) // of one found in vain, too: it was too slow
    if (frameSize === null) return false
    sight.know()
    this.#snapshot = { ...this.#snapshot, frameSize }
    this.#draw(watch)
    this.#tellOften()
    const question = isReadable ? await this.#follower.look(runtime) : null
    if (question) void this.#ask(question, signal)
    if (!this.#hasTriedWebGpu) {
      this.#hasTriedWebGpu = true
      void this.#tryWebGpu(video, runtime)
    }
    return question !== null
  }

  /** Ask what they are; the next picture does not wait for the answer. */
  async #ask(question: Question, signal: AbortSignal): Promise<void> {
    this.#tellOften()
    try {
      await this.#follower.ask(question, signal)
      if (!signal.aborted) this.#tell()
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
    }
  }

  async #tryWebGpu(video: HTMLVideoElement, now: Runtime): Promise<void> {
    const other = await fasterThan(now, video, this.#pace.longSide)
    if (other === null) return
    this.#runtime = Promise.resolve(other)
    now.close()
  }

  async #replaceWorker(): Promise<void> {
    const stuck = this.#runtime
    this.#runtime = null
    ;(await stuck)?.close()
    await this.#opened().catch((error: unknown) => this.#fail(error))
  }

  /** Called for every picture the video shows. */
  #draw({ sight, frameSize }: Watch): void {
    if (sight.wasCut) this.#follower.reset()
    this.#screen.draw(this.tracks(), frameSize)
  }

  #tellOften(): void {
    if (performance.now() - this.#toldAtMs >= TELL_EVERY_MS) this.#tell()
  }

  #tell(engine?: EngineState): void {
    const tracks = this.tracks()
    const pace: EngineState = this.#pace.isSlow ? 'slow' : 'running'
    const state = engine ?? (this.#watch ? pace : this.#snapshot.engine)
    this.#toldAtMs = performance.now()
    this.#snapshot = {
      ...this.#snapshot,
      engine: state,
      problem: state === 'failed' ? this.#snapshot.problem : null,
      tracks,
      hint: this.#watch && this.#hint(this.#watch, tracks),
      speed: {
        ...this.#snapshot.speed,
        overlayFps: this.#watch?.fps ?? null,
        detectFps: this.#pace.fps,
        detectMs: this.#pace.typicalMs,
        embedMs: this.#follower.embedMs,
        compareMs: this.#follower.compareMs,
        readMs: this.#follower.readMs,
      },
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

  #hint({ sight, frameSize }: Watch, tracks: readonly Track[]): Hint | null {
    if (frameSize.height === 0) return null
    const unknown = tracks.filter((track) => track.state === 'unknown').length
    return hintOf(
      sight.brightness,
      sight.isMoving && !sight.isReadable,
      tracks.map(({ boxXyxy }) => boxXyxy[3] - boxXyxy[1]),
      tracks.length ? unknown / tracks.length : 0,
      frameSize.height,
    )
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

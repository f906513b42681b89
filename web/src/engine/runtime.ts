/** The worker seen from the page: started, watched, replaced when it is stuck. */

import { proxy, type Remote, transfer, wrap } from 'comlink'
import type { Grey } from './grey'
import type { Compared, Detected, Embedded, Inference, Provider, Read } from './inference'
import type { Place } from './rectify'

/** A worker that has not answered by then is stuck: no phone is that slow. */
const LOAD_TIMEOUT_MS = 60_000
const RUN_TIMEOUT_MS = 20_000
const MOST_THREADS = 4

export class WorkerStuck extends Error {
  override readonly name = 'WorkerStuck'
}

/** One worker with both networks loaded. */
export class Runtime {
  readonly provider: Provider
  readonly threads: number
  readonly #worker: Worker
  readonly #inference: Remote<Inference>

  private constructor(provider: Provider, threads: number) {
    this.provider = provider
    this.threads = threads
    this.#worker =
      provider === 'webgpu'
        ? new Worker(new URL('./worker-webgpu.ts', import.meta.url), { type: 'module' })
        : new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    this.#inference = wrap<Inference>(this.#worker)
  }

  /**
   * Start on the processor: with threads where the page may, else, or when that gets stuck, one.
   *
   * @param onLoaded told the share of the weights that have arrived, in [0, 1].
   */
  static async open(onLoaded: (share: number) => void = () => {}): Promise<Runtime> {
    const threads = self.crossOriginIsolated
      ? Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency))
      : 1
    try {
      return await Runtime.#started('wasm', threads, onLoaded)
    } catch (error) {
      if (threads === 1) throw error
      return Runtime.#started('wasm', 1, onLoaded)
    }
  }

  /** Start on the graphics card; null where there is none, or only one that is emulated. */
  static async openWebGpu(): Promise<Runtime | null> {
    const adapter = await navigator.gpu?.requestAdapter()
    if (!adapter || adapter.info.isFallbackAdapter) return null
    try {
      return await Runtime.#started('webgpu', 1, () => {})
    } catch {
      return null // it is there and does not work: the processor does
    }
  }

  static async #started(
    provider: Provider,
    threads: number,
    onLoaded: (share: number) => void,
  ): Promise<Runtime> {
    const runtime = new Runtime(provider, threads)
    try {
      const loading = runtime.#inference.load(threads, proxy(onLoaded))
      await runtime.#answered(loading, LOAD_TIMEOUT_MS)
      return runtime
    } catch (error) {
      runtime.close()
      throw error
    }
  }

  /** See `Inference.detect`; the bitmap goes to the worker. */
  detect(bitmap: ImageBitmap, longSide: number | null, minScore: number): Promise<Detected> {
    const asked = this.#inference.detect(transfer(bitmap, [bitmap]), longSide, minScore)
    return this.#answered(asked, RUN_TIMEOUT_MS)
  }

  /** See `Inference.embed`. */
  embed(places: readonly Place[]): Promise<Embedded> {
    return this.#answered(this.#inference.embed(places), RUN_TIMEOUT_MS)
  }

  /** See `Inference.compare`. */
  compare(place: Place, views: readonly Grey[]): Promise<Compared> {
    return this.#answered(this.#inference.compare(place, views), RUN_TIMEOUT_MS)
  }

  /** See `Inference.fetchPrint`. */
  fetchPrint(): Promise<void> {
    return this.#answered(this.#inference.fetchPrint(), LOAD_TIMEOUT_MS)
  }

  /** See `Inference.read`. */
  read(place: Place): Promise<Read | null> {
    return this.#answered(this.#inference.read(place), RUN_TIMEOUT_MS)
  }

  close(): void {
    this.#worker.terminate()
  }

  /** A worker may die without a word: then an answer never comes. */
  #answered<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const died = () => reject(new WorkerStuck('the worker could not be started'))
      const timer = setTimeout(
        () => reject(new WorkerStuck(`the worker has not answered for ${timeoutMs / 1000} s`)),
        timeoutMs,
      )
      this.#worker.addEventListener('error', died, { once: true })
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer)
        this.#worker.removeEventListener('error', died)
      })
    })
  }
}

/**
 * Start on the graphics card where it is real and faster than `now` by a clear margin.
 *
 * @returns null where it is not.
 */
export async function fasterThan(
  now: Runtime,
  video: HTMLVideoElement,
  longSide: number,
): Promise<Runtime | null> {
  const other = await Runtime.openWebGpu()
  if (other === null) return null
  const timed = async (runtime: Runtime) => {
    const runs: number[] = []
    for (let i = 0; i < 3; i++) {
      const { networkMs } = await runtime.detect(await createImageBitmap(video), longSide, 1)
      runs.push(networkMs)
    }
    return Math.min(...runs)
  }
  try {
    if ((await timed(other)) < 0.8 * (await timed(now))) return other
  } catch {
    // It stopped half way: the processor goes on.
  }
  other.close()
  return null
}

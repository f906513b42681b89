/** Watch: every picture a video shows, measured once. */

import type { FrameSize } from '../types'
import { Sight, type Taken } from './sight'

export class Watch {
  readonly sight = new Sight()
  readonly #video: HTMLVideoElement
  readonly #onPicture: (watch: Watch) => void
  #isStopped = false
  #count = { pictures: 0, sinceMs: 0 }
  #onTaken: ((taken: Taken | null) => void) | null = null
  fps: number | null = null

  constructor(video: HTMLVideoElement, onPicture: (watch: Watch) => void) {
    this.#video = video
    this.#onPicture = onPicture
    this.#await()
  }

  get frameSize(): FrameSize {
    return { width: this.#video.videoWidth, height: this.#video.videoHeight }
  }

  /** The next picture the video shows; null when it is stopped before. */
  take(): Promise<Taken | null> {
    return new Promise((resolve) => {
      this.#onTaken = resolve
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#onTaken?.(null)
  }

  #await(): void {
    if (this.#isStopped) return
    const next = () => {
      if (this.#isStopped) return
      this.#see()
      this.#onPicture(this)
      this.#await()
    }
    if ('requestVideoFrameCallback' in this.#video) this.#video.requestVideoFrameCallback(next)
    else requestAnimationFrame(next)
  }

  #see(): void {
    if (this.frameSize.width === 0) return
    const now = performance.now()
    this.sight.see(this.#video, this.frameSize, now)
    this.#countPicture(now)
    if (!this.#onTaken) return
    const hand = this.#onTaken
    this.#onTaken = null
    hand(this.sight.take(this.#video, this.frameSize))
  }

  #countPicture(now: number): void {
    this.#count.pictures++
    if (now - this.#count.sinceMs < 1000) return
    this.fps = this.#count.sinceMs
      ? (1000 * this.#count.pictures) / (now - this.#count.sinceMs)
      : null
    this.#count = { pictures: 0, sinceMs: now }
  }
}

/** Watch: every picture a video shows, and how far it has moved. */

import type { FrameSize } from '../types'
import { PROFILE_WIDTH, type Profile, profileOf, shiftBetween } from './motion'
import type { Shift } from './track'

const STILL: Shift = [0, 0]

export class Watch {
  readonly #video: HTMLVideoElement
  readonly #onPicture: (watch: Watch) => void
  readonly #canvas = new OffscreenCanvas(1, 1)
  #isStopped = false
  #profile: Profile | null = null
  #atMs = 0
  #count = { pictures: 0, sinceMs: 0 }
  #sinceMark: Shift = STILL
  #sinceMarkBefore: Shift | null = null
  /** How far and how long the last picture was from the one before, in pixels of the frame. */
  lastShift: Shift = STILL
  lastTookMs = 0
  fps: number | null = null

  constructor(video: HTMLVideoElement, onPicture: (watch: Watch) => void) {
    this.#video = video
    this.#onPicture = onPicture
    this.#await()
  }

  get frameSize(): FrameSize {
    return { width: this.#video.videoWidth, height: this.#video.videoHeight }
  }

  get brightness(): number {
    return this.#profile?.brightness ?? 255
  }

  /** How far the picture has moved since `mark`. */
  get sinceMark(): Shift {
    return this.#sinceMark
  }

  /** Count from here; how far it moved since the mark before, null for the first. */
  mark(): Shift | null {
    const moved = this.#sinceMarkBefore === null ? null : this.#sinceMark
    this.#sinceMark = STILL
    this.#sinceMarkBefore = STILL
    return moved
  }

  stop(): void {
    this.#isStopped = true
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
    const { width, height } = this.frameSize
    if (width === 0) return
    const scale = PROFILE_WIDTH / width
    const canvas = this.#canvas
    canvas.width = PROFILE_WIDTH
    canvas.height = Math.max(1, Math.round(height * scale))
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) return
    context.drawImage(this.#video, 0, 0, canvas.width, canvas.height)
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    const profile = profileOf(data, canvas.width, canvas.height)
    const [dx, dy] = this.#profile ? shiftBetween(this.#profile, profile) : STILL
    const now = performance.now()
    this.lastShift = [dx / scale, dy / scale]
    this.lastTookMs = this.#atMs ? now - this.#atMs : 0
    this.#sinceMark = [this.#sinceMark[0] + dx / scale, this.#sinceMark[1] + dy / scale]
    this.#profile = profile
    this.#atMs = now
    this.#countPicture(now)
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

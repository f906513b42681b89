/** Watch: every picture a video shows, and how far it has moved. */

import type { FrameSize } from '../types'
import { motionBetween, PROFILE_WIDTH, type Profile, profileOf } from './motion'
import type { Shift } from './track'

const STILL: Shift = [0, 0]

/** One picture, taken the moment its motion was measured. */
export interface Taken {
  readonly bitmap: ImageBitmap
  readonly atMs: number
  /** How far it moved since the picture taken before; null for the first. */
  readonly shift: Shift | null
}

export class Watch {
  readonly #video: HTMLVideoElement
  readonly #onPicture: (watch: Watch) => void
  readonly #canvas = new OffscreenCanvas(1, 1)
  #isStopped = false
  #profile: Profile | null = null
  #atMs = 0
  #count = { pictures: 0, sinceMs: 0 }
  #sinceTaken: Shift = STILL
  #sinceKnown: Shift = STILL
  #hasTaken = false
  #onTaken: ((taken: Taken | null) => void) | null = null
  /** How far and how long the last picture was from the one before, in pixels of the frame. */
  lastShift: Shift = STILL
  lastTookMs = 0
  /** Another scene began: the facings followed are not here any more. Whoever reads it resets it. */
  wasCut = false
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

  /** How far the picture has moved since the one whose facings are known. */
  get sinceKnown(): Shift {
    return this.#sinceKnown
  }

  /** The next picture the video shows; null when it is stopped before. */
  take(): Promise<Taken | null> {
    return new Promise((resolve) => {
      this.#onTaken = resolve
    })
  }

  /** The facings of the picture taken last are known now: count from it. */
  know(): void {
    this.#sinceKnown = this.#sinceTaken
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
    const motion = this.#profile ? motionBetween(this.#profile, profile) : null
    const [dx, dy] = motion?.shift ?? STILL
    if (motion?.isCut) this.wasCut = true
    const now = performance.now()
    this.lastShift = [dx / scale, dy / scale]
    this.lastTookMs = this.#atMs ? now - this.#atMs : 0
    this.#sinceTaken = added(this.#sinceTaken, this.lastShift)
    this.#sinceKnown = added(this.#sinceKnown, this.lastShift)
    this.#profile = profile
    this.#atMs = now
    this.#countPicture(now)
    if (this.#onTaken) this.#hand(this.#onTaken, now)
  }

  /** Copy the very picture that was just measured: a copy asked for later may show a later one. */
  #hand(onTaken: (taken: Taken) => void, atMs: number): void {
    const { width, height } = this.frameSize
    const canvas = new OffscreenCanvas(width, height)
    canvas.getContext('2d', { alpha: false })?.drawImage(this.#video, 0, 0)
    this.#onTaken = null
    onTaken({
      bitmap: canvas.transferToImageBitmap(),
      atMs,
      shift: this.#hasTaken ? this.#sinceTaken : null,
    })
    this.#hasTaken = true
    this.#sinceTaken = STILL
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

function added(a: Shift, b: Shift): Shift {
  return [a[0] + b[0], a[1] + b[1]]
}

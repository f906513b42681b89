/** Sight: one picture after another, how far each has moved, and a copy of one when asked for. */

import type { FrameSize } from '../types'
import { motionBetween, PROFILE_WIDTH, type Profile, profileOf, Steadiness } from './motion'
import type { Shift } from './track'

export const STILL: Shift = [0, 0]

/** One picture, taken the moment its motion was measured. */
export interface Taken {
  readonly bitmap: ImageBitmap
  readonly atMs: number
  /** How far it moved since the picture taken before; null for the first. */
  readonly shift: Shift | null
}

export class Sight {
  readonly #small = new OffscreenCanvas(1, 1)
  readonly #steadiness = new Steadiness()
  #profile: Profile | null = null
  #atMs: number | null = null
  #sinceTaken = STILL
  #sinceKnown = STILL
  #hasTaken = false
  /** Another scene began: the facings followed are not here any more. Whoever reads it resets it. */
  wasCut = false

  /** Mean grey level in [0, 255]. */
  get brightness(): number {
    return this.#profile?.brightness ?? 255
  }

  /** How far the picture has moved since the one whose facings are known. */
  get sinceKnown(): Shift {
    return this.#sinceKnown
  }

  /** Too fast for a person to follow. */
  get isMoving(): boolean {
    return this.#steadiness.isMoving
  }

  /** Sharp enough to tell products apart. */
  get isReadable(): boolean {
    return this.#steadiness.isReadable
  }

  /** Measure the next picture. */
  see(picture: CanvasImageSource, { width, height }: FrameSize, atMs: number): void {
    const scale = PROFILE_WIDTH / width
    const canvas = this.#small
    canvas.width = PROFILE_WIDTH
    canvas.height = Math.max(1, Math.round(height * scale))
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) return
    context.drawImage(picture, 0, 0, canvas.width, canvas.height)
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    const profile = profileOf(data, canvas.width, canvas.height)
    const motion = this.#profile ? motionBetween(this.#profile, profile) : null
    const [dx, dy] = motion?.shift ?? STILL
    if (motion?.isCut) this.wasCut = true
    const shift: Shift = [dx / scale, dy / scale]
    const tookMs = this.#atMs === null ? 0 : atMs - this.#atMs
    this.#steadiness.note(shift, width, tookMs, profile.detail)
    this.#sinceTaken = added(this.#sinceTaken, shift)
    this.#sinceKnown = added(this.#sinceKnown, shift)
    this.#profile = profile
    this.#atMs = atMs
  }

  /** Copy the very picture that was just measured: a copy made later may show a later one. */
  take(picture: CanvasImageSource, { width, height }: FrameSize): Taken {
    const canvas = new OffscreenCanvas(width, height)
    canvas.getContext('2d', { alpha: false })?.drawImage(picture, 0, 0)
    const shift = this.#hasTaken ? this.#sinceTaken : null
    this.#hasTaken = true
    this.#sinceTaken = STILL
    return { bitmap: canvas.transferToImageBitmap(), atMs: this.#atMs ?? 0, shift }
  }

  /** The facings of the picture taken last are known now: count from it. */
  know(): void {
    this.#sinceKnown = this.#sinceTaken
  }
}

function added(a: Shift, b: Shift): Shift {
  return [a[0] + b[0], a[1] + b[1]]
}

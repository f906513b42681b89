/** Pace: how large a frame the detector sees and how long it rests, by how fast this device is. */

/** Longer sides in pixels, the finest first. */
const SIZES = [640, 544, 448, 352]
const SLOW_MS = 260 // of a detection: boxes lag behind the picture
const FAST_MS = 110
/** Detections of one size before it is judged: the first are slow everywhere. */
const JUDGED_AFTER = 6
const FPS_OVER_MS = 2000
/** Share of time spent computing, so that a phone stays cool. */
const DUTY = 0.75

export class Pace {
  #size = 0
  #count = 0
  #typicalMs: number | null = null
  #counted = { detections: 0, sinceMs: 0 }
  #fps: number | null = null

  get longSide(): number {
    return SIZES[this.#size] as number
  }

  /** Whether it has backed off. */
  get isSlow(): boolean {
    return this.#size > 0
  }

  get typicalMs(): number | null {
    return this.#typicalMs
  }

  /** Detections a second, over the last two. */
  get fps(): number | null {
    return this.#fps
  }

  /** Note how long one detection took, reading the picture included. */
  note(tookMs: number, nowMs = performance.now()): void {
    this.#countOne(nowMs)
    this.#count++
    this.#typicalMs =
      this.#typicalMs === null ? tookMs : this.#typicalMs + 0.2 * (tookMs - this.#typicalMs)
    if (this.#count < JUDGED_AFTER) return
    if (this.#typicalMs > SLOW_MS && this.#size < SIZES.length - 1) this.#change(1)
    else if (this.#typicalMs < FAST_MS && this.#size > 0) this.#change(-1)
  }

  /** How long to rest after working for so long. */
  restMs(workedMs: number): number {
    return Math.min(400, workedMs * (1 / DUTY - 1))
  }

  #countOne(nowMs: number): void {
    const counted = this.#counted
    counted.detections++
    const tookMs = nowMs - counted.sinceMs
    if (tookMs < FPS_OVER_MS) return
    this.#fps = counted.sinceMs ? (1000 * counted.detections) / tookMs : null
    this.#counted = { detections: 0, sinceMs: nowMs }
  }

  #change(step: 1 | -1): void {
    this.#size += step
    this.#count = 0
    this.#typicalMs = null
  }
}

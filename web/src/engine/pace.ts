/** Pace: how large a frame the detector sees and how long it rests, by how fast this device is. */

/** Longer sides in pixels, the finest first. */
const SIZES = [640, 544, 448, 352]
const SLOW_MS = 260 // of a detection: boxes lag behind the picture
const FAST_MS = 110
/** Aim when the size changes: between the two, so that it does not change back. */
const AIM_MS = (SLOW_MS + FAST_MS) / 2
/** Nobody waits for more of those: six would be ten seconds. */
const FAR_TOO_SLOW_MS = 3 * SLOW_MS
/** Detections of one size before it is judged: the first are slow everywhere. */
const JUDGED_AFTER = 6
const FPS_OVER_MS = 2000
/** Share of time spent computing, so that a phone stays cool. */
const DUTY = 0.75
/** Rest that may be put off while facings wait for their names: phones warm up slowly. */
const MOST_OWED_MS = 2000
/** And is made up for, a turn, while none waits. */
const PAID_BACK_MS = 100

export class Pace {
  #size = 0
  #count = 0
  #typicalMs: number | null = null
  #counted = { detections: 0, sinceMs: 0 }
  #fps: number | null = null
  #owedMs = 0

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
    const isClear = this.#count > 1 && tookMs > FAR_TOO_SLOW_MS
    if (this.#count < JUDGED_AFTER && !isClear) return
    const ms = isClear ? tookMs : this.#typicalMs
    if (ms > SLOW_MS) this.#change(Math.max(this.#fitting(ms), this.#size + 1))
    else if (ms < FAST_MS) this.#change(Math.min(this.#fitting(ms), this.#size))
  }

  /** The finest size that should take no longer than the aim: time goes with the area. */
  #fitting(ms: number): number {
    const now = this.longSide
    const found = SIZES.findIndex((side) => ms * (side / now) ** 2 <= AIM_MS)
    return found < 0 ? SIZES.length - 1 : found
  }

  /**
   * How long to rest after working for so long.
   *
   * @param isBusy whether there was more to do than to find facings.
   */
  restMs(workedMs: number, isBusy: boolean): number {
    const restMs = Math.min(400, workedMs * (1 / DUTY - 1))
    if (isBusy && this.#owedMs + restMs <= MOST_OWED_MS) {
      this.#owedMs += restMs
      return 0
    }
    const paidMs = isBusy ? 0 : Math.min(this.#owedMs, PAID_BACK_MS)
    this.#owedMs -= paidMs
    return restMs + paidMs
  }

  #countOne(nowMs: number): void {
    const counted = this.#counted
    counted.detections++
    const tookMs = nowMs - counted.sinceMs
    if (tookMs < FPS_OVER_MS) return
    this.#fps = counted.sinceMs ? (1000 * counted.detections) / tookMs : null
    this.#counted = { detections: 0, sinceMs: nowMs }
  }

  #change(size: number): void {
    const within = Math.min(size, SIZES.length - 1)
    if (within === this.#size) return
    this.#size = within
    this.#count = 0
    this.#typicalMs = null
  }
}

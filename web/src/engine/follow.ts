/** Follow: one picture after another to named facings, whoever takes the pictures. */

import type { EmbeddedFacing, FrameSize, Likeness, Track, Witness } from '../types'
import { betterScale } from './closer'
import { Gallery } from './gallery'
import type { Grey } from './grey'
import type { Compared, Detected, Embedded, Read } from './inference'
import { DETECTOR, EMBEDDER, embedderId } from './manifest'
import { type Recogniser, RecogniserAway } from './recogniser'
import type { Place } from './rectify'
import { Roster } from './roster'
import type { Taken } from './sight'
import type { Shift, TrackedBox } from './track'

/** How much is done with one picture. */
export interface Limits {
  /** Facings embedded at most. */
  readonly looks: number
  /** How long that may take: boxes lag meanwhile. */
  readonly looksMs: number
  /** How long looking, comparing and reading may take together before no other facing is begun. */
  readonly closelyMs: number
  /** Facings in one question. */
  readonly asked: number
  /** Neighbours told of with it: their sizes tell the others'. */
  readonly witnesses: number
}

/** Between two detections; eight neighbours are enough for a plane of sizes. */
export const LIVE: Limits = { looks: 8, looksMs: 350, closelyMs: 500, asked: 24, witnesses: 8 }
/** As many as the service takes. */
export const STILL: Limits = {
  looks: 500,
  looksMs: Infinity,
  closelyMs: Infinity,
  asked: 500,
  witnesses: 500,
}

/** Where reading takes longer than this even at its best, nothing is read: boxes would stand still. */
const TOO_SLOW_MS = 700
/** Readings before that is judged: the first are slow everywhere. */
const JUDGED_AFTER = 3

/** All networks: see `Runtime`. */
export interface Networks {
  detect(bitmap: ImageBitmap, longSide: number | null, minScore: number): Promise<Detected>
  embed(places: readonly Place[]): Promise<Embedded>
  compare(place: Place, views: readonly Grey[]): Promise<Compared>
  read(place: Place): Promise<Read | null>
}

/** Facings to be named, and what goes along. */
export interface Question {
  readonly ids: readonly number[]
  readonly facings: readonly EmbeddedFacing[]
  readonly witnesses: readonly Witness[]
}

export class Follower {
  readonly #roster = new Roster(DETECTOR.thresholds.score ?? 0.5)
  readonly #limits: Limits
  readonly #gallery = new Gallery()
  #embedMs: number | null = null
  #compareMs: number | null = null
  #readings = 0
  #bestReadMs = Infinity
  #readMs: number | null = null
  /** Who is asked; may change at any time. */
  recogniser: Recogniser

  constructor(recogniser: Recogniser, limits: Limits = LIVE) {
    this.recogniser = recogniser
    this.#limits = limits
  }

  /** Of one facing; null before the first. */
  get embedMs(): number | null {
    return this.#embedMs
  }

  /** Of the facing compared last; null before the first. */
  get compareMs(): number | null {
    return this.#compareMs
  }

  /** Of the facing read last; null before the first. */
  get readMs(): number | null {
    return this.#readMs
  }

  /** @param shift how far the picture has moved since the frame last detected. */
  tracks(shift?: Shift): Track[] {
    return this.#roster.tracks(shift)
  }

  /** What the looks at a facing show as one; null before the first. */
  vectorOf(id: number): Int8Array | null {
    return this.#roster.fusedOf(id)?.vectorI8 ?? null
  }

  /** A person says which product a facing is. */
  choose(id: number, gtin: string): void {
    this.#roster.choose(id, gtin)
  }

  /** Forget every facing: another scene. */
  reset(): void {
    this.#roster.reset()
  }

  /**
   * Find the facings of a picture and who of them was there before.
   *
   * @param longSide that the detector sees at most; null looks as closely as it can, twice.
   * @param isWanted asked when they are found: another scene may have begun meanwhile.
   * @returns null where they are not wanted any more.
   */
  async find(
    networks: Networks,
    { bitmap, atMs, shift }: Taken,
    longSide: number | null,
    isWanted: () => boolean,
  ): Promise<FrameSize | null> {
    const frameSize = { width: bitmap.width, height: bitmap.height }
    const closeness = longSide && this.#closeness(frameSize, longSide)
    const found = await networks.detect(bitmap, closeness, this.#roster.weakest)
    if (!isWanted()) return null
    this.#roster.update(found.detections, atMs, shift, frameSize)
    return frameSize
  }

  /** Longer side in pixels at which facings of the size seen last are found best, within `most`. */
  #closeness({ width, height }: FrameSize, most: number): number {
    const seen = this.#roster.tracks()
    const wantedPx = DETECTOR.facing_height_px
    if (wantedPx === undefined || seen.length === 0) return most
    const longest = Math.max(width, height)
    const { multiple_of } = DETECTOR.input
    return Math.min(most, longest * betterScale(seen, longest, wantedPx, multiple_of))
  }

  /** Embed and read what is due in the picture found last; null where nothing is to be asked. */
  async look(networks: Networks): Promise<Question | null> {
    const due = this.#roster.due(this.#fitting())
    if (due.length > 0) await this.#embed(networks, due)
    const leftMs = this.#limits.closelyMs - due.length * (this.#embedMs ?? 0)
    await this.#read(networks, await this.#compare(networks, leftMs))
    const looked = new Set(due.map(({ id }) => id))
    const asked = this.#roster.questions(looked, this.#limits.asked)
    if (asked.length === 0) return null
    const ids = asked.map(({ id }) => id)
    const witnesses = this.#roster.witnesses(new Set(ids)).slice(0, this.#limits.witnesses)
    return { ids, facings: asked.map(({ facing }) => facing), witnesses }
  }

  /**
   * Ask what they are.
   *
   * @throws Error where asking again will not help.
   */
  async ask({ ids, facings, witnesses }: Question, signal: AbortSignal): Promise<void> {
    try {
      const by = embedderId(EMBEDDER)
      const answers = await this.recogniser.recognise(facings, by, signal, witnesses)
      ids.forEach((id, i) => {
        const answer = answers[i]
        if (answer) this.#roster.answered(id, answer)
      })
      this.#gallery.want(this.#roster.wantedPictures(), this.recogniser)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof RecogniserAway)) throw error
      for (const id of ids) this.#roster.unanswered(id, error.retryAfterMs)
    }
  }

  async #embed(networks: Networks, due: readonly TrackedBox[]): Promise<void> {
    const { vectorsI8, artworkI8, channels, networkMs } = await networks.embed(due.map(placeOf))
    this.#embedMs = networkMs / due.length
    due.forEach(({ id }, i) => {
      const vectorI8 = vectorsI8[i] as Int8Array
      this.#roster.looked(id, { vectorI8, artworkI8: artworkI8[i] ?? null, channels })
    })
  }

  /** Wait for the pictures of all that facings may be. */
  picturesArrived(): Promise<void> {
    return this.#gallery.arrived()
  }

  /**
   * Hold what is ambiguous against pictures that are here, while there is time.
   *
   * @returns the time that is left.
   */
  async #compare(networks: Networks, withinMs: number): Promise<number> {
    let leftMs = withinMs
    // Wanted when the answer came, too: this asks again for what nobody could give then.
    this.#gallery.want(this.#roster.wantedPictures(), this.recogniser)
    for (const { facing, gtins } of this.#roster.uncompared()) {
      if (leftMs <= 0) break
      const views = this.#gallery.viewsOf(gtins)
      if (views === null) continue
      if (views.size < 2) {
        this.#roster.compared(facing.id, new Map())
        continue
      }
      const { likeness, tookMs } = await networks.compare(placeOf(facing), [...views.values()])
      this.#roster.compared(facing.id, likenessOf([...views.keys()], likeness))
      this.#compareMs = tookMs
      leftMs -= tookMs
    }
    return leftMs
  }

  /** Read what nothing else tells apart: one facing, and others while there is time. */
  async #read(networks: Networks, withinMs: number): Promise<void> {
    let leftMs = withinMs
    const isTooSlow = this.#readings >= JUDGED_AFTER && this.#bestReadMs > TOO_SLOW_MS
    if (isTooSlow) this.#roster.isReading = false
    for (const facing of isTooSlow ? [] : this.#roster.unread()) {
      if (leftMs <= 0) return
      const read = await networks.read(placeOf(facing))
      this.#roster.isReading = read !== null
      if (read === null) return
      const { lines, tookMs } = read
      this.#roster.read(facing.id, lines)
      this.#readings++
      this.#readMs = tookMs
      this.#bestReadMs = Math.min(this.#bestReadMs, tookMs)
      leftMs -= tookMs
    }
  }

  #fitting(): number {
    const { looks, looksMs } = this.#limits
    return Math.max(2, Math.min(looks, Math.floor(looksMs / (this.#embedMs ?? 1))))
  }
}

/** Empty where nothing was said. */
function likenessOf(gtins: readonly string[], likeness: readonly number[]): Likeness {
  return new Map(likeness.map((value, i) => [gtins[i] as string, value]))
}

function placeOf({ foundXyxy, quad }: TrackedBox): Place {
  return { boxXyxy: foundXyxy, quad }
}

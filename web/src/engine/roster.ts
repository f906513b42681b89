/** Roster: what is known of each tracked facing, and which of them to look at next. */

import type {
  BoxXyxy,
  Detection,
  EmbeddedFacing,
  Recognition,
  Track,
  TrackState,
  Witness,
} from '../types'
import { moved, type Shift, type TrackedBox, Tracker } from './track'
import { Votes } from './vote'

/** Looks at a facing that was recognised: the second must agree, then it is left alone. */
const SURE_LOOKS = 2
/** Looks at a facing that stays ambiguous or unknown, each nearer or later than the one before. */
const UNSURE_LOOKS = 6
/** Times the artwork of an ambiguous facing is sent: ten times the bytes of a vector. */
const ARTWORK_LOOKS = 2
const LOOK_AGAIN_MS = 600
/** By how much taller a facing must be seen for another look than the best so far. */
const NEARER = 1.35
/** How long a facing that is not detected any more is still shown. */
const SHOW_MS = 450

interface Entry {
  readonly votes: Votes
  /** What left the device last; null before. */
  sent: EmbeddedFacing | null
  /** Between embedding and answer. */
  isAsked: boolean
  /** Nobody could answer: not before this time again. */
  waitsUntilMs: number
  lookedAtMs: number
  tallest: number
  artworkSent: number
}

export class Roster {
  readonly #tracker: Tracker
  readonly #entries = new Map<number, Entry>()
  #boxes: readonly TrackedBox[] = []
  #atMs = 0

  /** @param strong the detector's operating point. */
  constructor(strong: number) {
    this.#tracker = new Tracker({ strong })
  }

  get weakest(): number {
    return this.#tracker.weakest
  }

  update(detections: readonly Detection[], atMs: number, shift: Shift | null): void {
    this.#boxes = this.#tracker.update(detections, atMs, shift)
    this.#atMs = atMs
    const alive = new Set(this.#boxes.map((each) => each.id))
    for (const id of this.#entries.keys()) if (!alive.has(id)) this.#entries.delete(id)
    for (const id of alive) if (!this.#entries.has(id)) this.#entries.set(id, blank())
  }

  /** Forget every facing and every answer: another picture, or another recogniser. */
  reset(): void {
    this.#tracker.reset()
    this.#entries.clear()
    this.#boxes = []
  }

  /**
   * Facings of the frame last detected that are worth a look, the most urgent first: never seen,
   * then undecided, then to be confirmed.
   */
  due(most: number): TrackedBox[] {
    const wanted = this.#boxes.flatMap((each) => {
      const entry = this.#entries.get(each.id)
      const urgency = each.seenMs === this.#atMs && entry ? this.#urgency(each, entry) : null
      return urgency === null ? [] : [{ each, urgency }]
    })
    wanted.sort((a, b) => a.urgency - b.urgency || a.each.id - b.each.id)
    return wanted.slice(0, most).map(({ each }) => each)
  }

  #urgency(box: TrackedBox, entry: Entry): number | null {
    if (entry.isAsked || this.#atMs < entry.waitsUntilMs) return null
    const { votes } = entry
    if (votes.count === 0) return 0
    const isNearer = heightOf(box.boxXyxy) > NEARER * entry.tallest
    const isLater = this.#atMs - entry.lookedAtMs >= LOOK_AGAIN_MS
    if (votes.decided?.state === 'recognised' && votes.agreeing >= SURE_LOOKS) {
      return isNearer && votes.agreeing < SURE_LOOKS + 1 ? 3 : null
    }
    if (votes.decided?.state === 'recognised') return isLater ? 2 : null
    return isNearer || (isLater && votes.count < UNSURE_LOOKS) ? 1 : null
  }

  /** Facings of the frame last detected that are recognised, other than those asked about. */
  witnesses(without: ReadonlySet<number>): Witness[] {
    return this.#boxes.flatMap(({ id, boxXyxy, seenMs }) => {
      const gtin = this.#entries.get(id)?.votes.decided?.gtin
      return gtin && seenMs === this.#atMs && !without.has(id) ? [{ boxXyxy, gtin }] : []
    })
  }

  /** Whether a facing came back ambiguous, so that its artwork is worth its bytes. */
  wantsArtwork(id: number): boolean {
    const entry = this.#entries.get(id)
    return entry?.votes.decided?.state === 'ambiguous' && entry.artworkSent < ARTWORK_LOOKS
  }

  asked(id: number, facing: EmbeddedFacing): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.sent = facing
    entry.isAsked = true
    if (facing.artworkI8) entry.artworkSent++
    entry.lookedAtMs = this.#atMs
    entry.tallest = Math.max(entry.tallest, heightOf(facing.boxXyxy))
  }

  answered(id: number, recognition: Recognition): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.isAsked = false
    entry.waitsUntilMs = 0
    entry.votes.add(recognition)
  }

  /** Nobody could answer: it is asked again after a while. */
  unanswered(id: number, untilMs: number): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.isAsked = false
    entry.waitsUntilMs = untilMs
  }

  sentOf(id: number): EmbeddedFacing | null {
    return this.#entries.get(id)?.sent ?? null
  }

  /** @param shift how far the picture has moved since the frame last detected. */
  tracks(shift: Shift = [0, 0]): Track[] {
    return this.#boxes
      .filter((each) => this.#atMs - each.seenMs <= SHOW_MS)
      .map((each) => {
        const entry = this.#entries.get(each.id) ?? blank()
        return {
          id: each.id,
          boxXyxy: moved(each.boxXyxy, shift[0], shift[1]),
          score: each.score,
          state: this.#stateOf(entry),
          recognition: entry.votes.decided,
        }
      })
      .sort(inReadingOrder)
  }

  #stateOf(entry: Entry): TrackState {
    if (entry.votes.decided) return entry.votes.decided.state
    if (this.#atMs < entry.waitsUntilMs) return 'waiting'
    return entry.isAsked ? 'recognising' : 'finding'
  }
}

function blank(): Entry {
  return {
    votes: new Votes(),
    sent: null,
    isAsked: false,
    waitsUntilMs: 0,
    lookedAtMs: 0,
    tallest: 0,
    artworkSent: 0,
  }
}

function heightOf(box: BoxXyxy): number {
  return box[3] - box[1]
}

/** Rows from the top, as far as feet tell: a facing whose foot is above the other's middle. */
function inReadingOrder(a: Track, b: Track): number {
  const [, topA, , bottomA] = a.boxXyxy
  const [, topB, , bottomB] = b.boxXyxy
  if (bottomA < (topB + bottomB) / 2) return -1
  if (bottomB < (topA + bottomA) / 2) return 1
  return a.boxXyxy[0] - b.boxXyxy[0]
}

/** Roster: what is known of each tracked facing, and which of them to look at next. */

import type {
  BoxXyxy,
  Detection,
  EmbeddedFacing,
  FrameSize,
  Likeness,
  Recognition,
  Track,
  TrackState,
  Witness,
} from '../types'
import { blank, careful, type Entry, isChoice, likelyGtin, saidOf, wantsArtwork } from './entry'
import { type Look, Looks } from './looks'
import { uprightBox } from './rectify'
import { moved, type Shift, type TrackedBox, Tracker } from './track'

/** Looks at a facing that was recognised: the second must agree, then it is left alone. */
const SURE_LOOKS = 2
/** Looks at a facing that stays ambiguous or unknown, until it is seen nearer or whole. */
const UNSURE_LOOKS = 4
/** Times the artwork of an ambiguous facing is sent, ten times the bytes of a vector: then it rests. */
const ARTWORK_LOOKS = 2
const LOOK_AGAIN_MS = 600
/** Times the print on an ambiguous facing is read: the second time other letters come out. */
const READINGS = 2
/** Times it is compared: the second time with other products than the first. */
const COMPARISONS = 2
/** Lines of print that are kept of a facing, and letters of a line: as many as the service takes. */
const MOST_LINES = 24
const MOST_LETTERS = 64
/** How long a facing that is not detected any more is still shown. */
const SHOW_MS = 450
/** How near to the frame's edge, of its height, a box ends whose facing may go on beyond it. */
const EDGE_SHARE = 0.03
/** Neighbours whose sizes are evidence, below which there is none: see evidence/sizes.py. */
const ENOUGH_WITNESSES = 6

/** A facing to be held against pictures of these products, the likeliest first. */
export interface Uncompared {
  readonly facing: TrackedBox
  readonly gtins: readonly string[]
}

/** A facing to be asked about, as it is sent. */
export interface Asked {
  readonly id: number
  readonly facing: EmbeddedFacing
}

export class Roster {
  readonly #tracker: Tracker
  readonly #entries = new Map<number, Entry>()
  #boxes: readonly TrackedBox[] = []
  #frame: FrameSize = { width: 0, height: 0 }
  #atMs = 0
  /** Whether what is to be read will be, soon; otherwise it is looked at again meanwhile. */
  isReading = true

  /** @param strong the detector's operating point. */
  constructor(strong: number) {
    this.#tracker = new Tracker({ strong })
  }

  get weakest(): number {
    return this.#tracker.weakest
  }

  update(
    detections: readonly Detection[],
    atMs: number,
    shift: Shift | null,
    frame: FrameSize,
  ): void {
    this.#boxes = this.#tracker.update(detections, atMs, shift)
    this.#atMs = atMs
    this.#frame = frame
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

  /** Facings of the frame last detected that are worth a look, the most urgent first. */
  due(most: number): TrackedBox[] {
    const wanted = this.#here().flatMap(({ each, entry }) => {
      const urgency = this.#urgency(each, entry)
      return urgency === null ? [] : [{ each, urgency }]
    })
    wanted.sort((a, b) => a.urgency - b.urgency || a.each.id - b.each.id)
    return wanted.slice(0, most).map(({ each }) => each)
  }

  /** First what was never seen whole, then what is undecided, then what is to be confirmed. */
  #urgency(each: TrackedBox, entry: Entry): number | null {
    const { foundXyxy } = each
    if (entry.told || entry.isAsked || this.#atMs < entry.waitsUntilMs) return null
    const isCut = this.#isCut(foundXyxy)
    const { count } = entry.looks
    if (count === 0) return isCut ? 2 : 0
    const isNearer = entry.looks.isNearer(areaOf(foundXyxy))
    if (!isCut && (isNearer || entry.isInPart)) return 1
    if (isChoice(entry.votes.decided)) return null
    if (this.isReading && this.#wantsReading(each, entry)) return null
    const isLater = this.#atMs - entry.lookedAtMs >= LOOK_AGAIN_MS
    if (entry.votes.decided?.state === 'recognised') {
      if (entry.votes.agreeing >= SURE_LOOKS) return null
      return isLater ? 4 : null
    }
    const isOpen = count < UNSURE_LOOKS && entry.artworkSent < ARTWORK_LOOKS
    return isLater && isOpen ? 3 : null
  }

  /** Note one more look at a facing. */
  looked(id: number, look: Look): void {
    const entry = this.#entries.get(id)
    const box = this.#boxes.find((each) => each.id === id)?.foundXyxy
    if (!entry || !box) return
    const isCut = this.#isCut(box)
    const isBetter = (entry.isInPart && !isCut) || entry.looks.isNearer(areaOf(box))
    if (isBetter && entry.looks.count > 0) {
      entry.looks = new Looks()
      entry.artworkSent = 0
      entry.readings = 0
      entry.comparisons = 0
      entry.votes.startAnew()
    }
    entry.isInPart = isCut
    entry.looks.add(look, areaOf(box))
    entry.lookedAtMs = this.#atMs
  }

  /** Products whose pictures the ambiguous facings of this frame want. */
  wantedPictures(): string[] {
    return this.#here().flatMap(({ entry }) => (this.#wantsPictures(entry) ? mayBe(entry) : []))
  }

  /** Facings that pictures of what they may be would tell apart: whole and new ones first. */
  uncompared(): Uncompared[] {
    const wanted = this.#here().filter(({ entry }) => !entry.isAsked && this.#wantsPictures(entry))
    const rank = ({ each, entry }: (typeof wanted)[number]) =>
      entry.comparisons + (this.#isCut(each.foundXyxy) ? COMPARISONS : 0)
    wanted.sort((a, b) => rank(a) - rank(b) || a.each.id - b.each.id)
    return wanted.map(({ each, entry }) => ({ facing: each, gtins: mayBe(entry) }))
  }

  /** Pictures that are all the same tell nothing. */
  #wantsPictures(entry: Entry): boolean {
    const said = entry.votes.decided
    if (entry.told || said?.state !== 'ambiguous' || isChoice(said)) return false
    if (entry.comparisons === 0) return true
    const areNew = mayBe(entry).some((gtin) => !entry.likeness.has(gtin))
    return entry.comparisons < COMPARISONS && areNew
  }

  /** Note what pictures said of a facing; nothing where it lies over none of them. */
  compared(id: number, likeness: Likeness): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.comparisons++
    if (likeness.size === 0) return
    entry.likeness = likeness
    entry.isLikenessSent = false
  }

  /** Facings whose print would tell what nothing else tells: whole and new ones first. */
  unread(): TrackedBox[] {
    const wanted = this.#here().filter(({ each, entry }) => this.#wantsReading(each, entry))
    const rank = ({ each, entry }: (typeof wanted)[number]) =>
      entry.readings + (this.#isCut(each.foundXyxy) ? READINGS : 0)
    wanted.sort((a, b) => rank(a) - rank(b) || a.each.id - b.each.id)
    return wanted.map(({ each }) => each)
  }

  #wantsReading({ foundXyxy }: TrackedBox, entry: Entry): boolean {
    const said = entry.votes.decided
    if (entry.told || entry.isAsked || said?.state !== 'ambiguous') return false
    if (!entry.isLikenessSent) return false
    if (entry.readings >= (this.#isCut(foundXyxy) ? 1 : READINGS)) return false
    if (entry.readings > 0 && this.#atMs - entry.readAtMs < LOOK_AGAIN_MS) return false
    return entry.artworkSent > 0 || isChoice(said)
  }

  /** Note what was read on a facing. */
  read(id: number, lines: readonly string[]): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.readings++
    entry.readAtMs = this.#atMs
    const all = [...entry.printed, ...lines.map((line) => line.slice(0, MOST_LETTERS))]
    entry.printed = [...new Set(all)].slice(0, MOST_LINES)
  }

  /**
   * What to ask: facings just looked at, and those whose looks have more to tell than was asked:
   * artwork and print for the ambiguous, neighbours enough for sizes to speak.
   */
  questions(looked: ReadonlySet<number>, most: number): Asked[] {
    const context = this.#known().length
    const now = this.#here().filter(({ each }) => looked.has(each.id))
    const again = this.#here().filter(
      ({ each, entry }) => !looked.has(each.id) && this.#hasMoreToTell(entry, context),
    )
    return [...now, ...again].slice(0, most).flatMap(({ each, entry }) => {
      const fused = entry.looks.fused
      if (!fused) return []
      const artworkI8 = wantsArtwork(entry) ? fused.artworkI8 : null
      entry.isAsked = true
      entry.context = context
      if (artworkI8) entry.artworkSent++
      entry.printedSent = entry.printed.length
      entry.isLikenessSent = true
      const { id, foundXyxy, quad, score } = each
      const { vectorI8 } = fused
      const { printed, likeness } = entry
      const boxXyxy = uprightBox({ boxXyxy: foundXyxy, quad })
      return [{ id, facing: { boxXyxy, score, vectorI8, artworkI8, printed, likeness } }]
    })
  }

  #hasMoreToTell(entry: Entry, context: number): boolean {
    if (entry.told || entry.isAsked || this.#atMs < entry.waitsUntilMs) return false
    if (entry.looks.count === 0) return false
    const { state } = entry.votes.decided ?? {}
    if (state === 'recognised') return false
    if (entry.printed.length > entry.printedSent || !entry.isLikenessSent) return true
    if (isChoice(entry.votes.decided)) return false
    if (state === 'ambiguous' && entry.artworkSent === 0) return true
    return entry.context < ENOUGH_WITNESSES && context >= ENOUGH_WITNESSES
  }

  /** Whole facings of the frame last detected, other than those asked about, named or likely. */
  witnesses(without: ReadonlySet<number>): Witness[] {
    return this.#known().filter((each) => !without.has(each.id))
  }

  #known(): (Witness & { readonly id: number })[] {
    return this.#here().flatMap(({ each: { id, foundXyxy, quad }, entry }) => {
      const gtin = likelyGtin(saidOf(entry))
      if (!gtin || this.#isCut(foundXyxy)) return []
      return [{ id, boxXyxy: uprightBox({ boxXyxy: foundXyxy, quad }), gtin }]
    })
  }

  answered(id: number, recognition: Recognition): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.isAsked = false
    entry.waitsUntilMs = 0
    entry.votes.add(entry.isInPart ? careful(recognition) : recognition)
  }

  /** A person says which product a facing is. */
  choose(id: number, gtin: string): void {
    const entry = this.#entries.get(id)
    if (entry) entry.told = gtin
  }

  /** Nobody could answer: it is asked again after a while. */
  unanswered(id: number, retryAfterMs: number): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.isAsked = false
    entry.context = 0
    entry.waitsUntilMs = this.#atMs + retryAfterMs
  }

  /** What its looks show as one: what left the device, or would; null before the first. */
  fusedOf(id: number): Look | null {
    return this.#entries.get(id)?.looks.fused ?? null
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
          recognition: saidOf(entry),
        }
      })
      .sort(inReadingOrder)
  }

  #stateOf(entry: Entry): TrackState {
    const said = saidOf(entry)
    if (said) return said.state
    if (this.#atMs < entry.waitsUntilMs) return 'waiting'
    return entry.isAsked ? 'recognising' : 'finding'
  }

  #here(): { each: TrackedBox; entry: Entry }[] {
    return this.#boxes.flatMap((each) => {
      const entry = this.#entries.get(each.id)
      return entry && each.seenMs === this.#atMs ? [{ each, entry }] : []
    })
  }

  #isCut([left, top, right, bottom]: BoxXyxy): boolean {
    const { width, height } = this.#frame
    const beyond = Math.max(right - width, bottom - height, -left, -top)
    return beyond > -EDGE_SHARE * height
  }
}

function mayBe({ votes }: Entry): string[] {
  return votes.decided?.alternatives.map(({ gtin }) => gtin) ?? []
}

function areaOf([left, top, right, bottom]: BoxXyxy): number {
  return (right - left) * (bottom - top)
}

/** Rows from the top, as far as feet tell: a facing whose foot is above the other's middle. */
function inReadingOrder(a: Track, b: Track): number {
  const [, topA, , bottomA] = a.boxXyxy
  const [, topB, , bottomB] = b.boxXyxy
  if (bottomA < (topB + bottomB) / 2) return -1
  if (bottomB < (topA + bottomA) / 2) return 1
  return a.boxXyxy[0] - b.boxXyxy[0]
}

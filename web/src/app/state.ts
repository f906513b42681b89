/** What the app knows at one moment. Components read it; only actions write it. */

import { computed, effect, signal } from '@preact/signals'
import type { CameraFailure } from '../engine/capture'
import { STOPPED } from '../engine/live'
import type { PackRecogniser } from '../pack/recogniser'
import type { Product } from '../pack/record'
import type { LiveSnapshot, Track } from '../types'
import { remember, remembered, type Seen } from './device'
import { bestGradeOf, type FilterId, reasonToDim } from './filters'
import { ASKS_NOTHING, type Profile } from './judge'

export interface Settings {
  readonly haptic: boolean
  readonly sound: boolean
  readonly spoken: boolean
  readonly key: string
}

/** A sheet over the shelf; `gtin` of a product, `track` of a facing on it. */
export type Sheet =
  | { readonly kind: 'product'; readonly gtin: string; readonly track: number | null }
  | { readonly kind: 'choose' | 'unknown'; readonly track: number }
  | { readonly kind: 'profile' | 'settings' | 'legend' | 'number' | 'barcode' | 'history' }
  | { readonly kind: 'compare'; readonly first: string; readonly second: string }

export const settings = signal<Settings>(
  remembered('settings', { haptic: true, sound: false, spoken: true, key: '' }),
)
export const profile = signal<Profile>(remembered('profile', ASKS_NOTHING))
export const snapshot = signal<LiveSnapshot>(STOPPED)
/** What is being looked at: the camera, a photo, or nothing yet. */
export const looking = signal<'nothing' | 'camera' | 'photo'>('nothing')
/** Why there is no camera; null where none was asked for, or it plays. */
export const cameraFailure = signal<CameraFailure | null>(null)
/** The photo that is looked at, as an object URL. */
export const photo = signal<string | null>(null)
export const online = signal(navigator.onLine)
export const pack = signal<PackRecogniser | null>(null)
export const waitingNotes = signal(0)
/** Products seen before, the last first; kept on this device alone. */
export const history = signal<readonly Seen[]>([])
export const sheet = signal<Sheet | null>(null)
export const listOpen = signal(false)
export const filters = signal<ReadonlySet<FilterId>>(new Set())
/** GTIN to its record; null where nothing is recorded; absent where not looked up yet. */
export const products = signal<ReadonlyMap<string, Product | null>>(new Map())
/** A person's choices for a photo's facings, by track id; the engine keeps those of the camera. */
export const chosen = signal<ReadonlyMap<number, string>>(new Map())
/** The first of two products to compare. */
export const comparing = signal<string | null>(null)

effect(() => remember('settings', settings.value))
effect(() => remember('profile', profile.value))

/** The GTIN of a facing: what a person chose, else what was recognised. */
export function gtinOf(track: Track): string | null {
  return chosen.value.get(track.id) ?? track.recognition?.gtin ?? null
}

/** Why each facing is in the background, by track id; absent where it is not. */
export const dimmed = computed<ReadonlyMap<number, string>>(() => {
  const why = new Map<number, string>()
  if (filters.value.size === 0) return why
  const known = products.value
  const best = bestGradeOf(snapshot.value.tracks.map((each) => known.get(gtinOf(each) ?? '')))
  for (const track of snapshot.value.tracks) {
    const product = known.get(gtinOf(track) ?? '') ?? null
    const reason = reasonToDim(product, filters.value, profile.value, best)
    if (reason) why.set(track.id, reason)
  }
  return why
})

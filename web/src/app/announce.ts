/** New products, told once: to a screen reader, and by a short buzz or tone where a person wants it. */

import { signal } from '@preact/signals'
import type { Product } from '../pack/record'
import type { Track } from '../types'
import { gtinOf, settings } from './state'
import { words } from './words'

const EVERY_MS = 4000
const NAMED = 3

/** What a screen reader says next. */
export const spoken = signal('')
const told = new Set<string>()
let waiting: string[] = []
let timer: ReturnType<typeof setTimeout> | null = null

export function announceNew(
  tracks: readonly Track[],
  products: ReadonlyMap<string, Product | null>,
): void {
  const fresh = tracks.flatMap((track) => {
    const gtin = gtinOf(track)
    const product = gtin && !told.has(gtin) ? products.get(gtin) : null
    return product ? [product] : []
  })
  for (const product of fresh) {
    if (told.has(product.gtin)) continue
    told.add(product.gtin)
    waiting.push(product.name)
  }
  if (waiting.length > 0 && timer === null) timer = setTimeout(tell, EVERY_MS / 4)
}

function tell(): void {
  const { spoken: wanted, haptic, sound } = settings.value
  const names = waiting.slice(0, NAMED)
  if (wanted) spoken.value = words.announce(names, waiting.length - names.length)
  if (haptic) navigator.vibrate?.(20)
  if (sound) tone()
  waiting = []
  timer = setTimeout(() => {
    timer = null
    if (waiting.length > 0) tell()
  }, EVERY_MS)
}

function tone(): void {
  const audio = new AudioContext()
  const note = audio.createOscillator()
  const volume = audio.createGain()
  note.frequency.value = 880
  volume.gain.setValueAtTime(0.05, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.15)
  note.connect(volume).connect(audio.destination)
  note.start()
  note.stop(audio.currentTime + 0.15)
  note.onended = () => void audio.close()
}

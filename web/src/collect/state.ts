/** What the page knows at one moment; what is kept on the device is the truth behind it. */

import { computed, signal } from '@preact/signals'
import { remembered } from '../app/device'
import { type Capture, database, type Item, type Round } from './kept'
import type { Taken } from './picture'

/** A picture of a shelf that somebody looks at before it is kept. */
export interface Review {
  readonly taken: Taken
  readonly kind: 'shelf far' | 'shelf near'
  readonly aisle: string
}

export const rounds = signal<readonly Round[]>([])
export const captures = signal<readonly Capture[]>([])
export const items = signal<readonly Item[]>([])
export const reviews = signal<readonly Review[]>([])
/** Where the person is: `#`, `#round/ID`, `#aisle/ID/NAME`, `#item/ID`. */
export const place = signal(location.hash)
export const online = signal(navigator.onLine)
export const notice = signal('')
/** The service asks for a key that opens `enrol`. */
export const needsKey = signal(false)
export const key = signal(remembered('settings', { key: '' }).key)

export const waiting = computed(
  () =>
    captures.value.filter((each) => each.state === 'waiting').length +
    items.value.filter((each) => each.state === 'done').length,
)

export async function load(): Promise<void> {
  const kept = await database()
  rounds.value = await kept.getAll('rounds')
  captures.value = (await kept.getAll('captures')).sort((a, b) => a.at.localeCompare(b.at))
  items.value = (await kept.getAll('items')).sort((a, b) => a.at.localeCompare(b.at))
}

/** On the disk first, then on the screen. */
export async function keepRound(round: Round): Promise<void> {
  await (await database()).put('rounds', round)
  rounds.value = replaced(rounds.value, round)
}

export async function keepCapture(capture: Capture): Promise<void> {
  await (await database()).put('captures', capture)
  captures.value = replaced(captures.value, capture)
}

export async function keepItem(item: Item): Promise<void> {
  await (await database()).put('items', item)
  items.value = replaced(items.value, item)
}

export async function dropCapture(id: string): Promise<void> {
  await (await database()).delete('captures', id)
  captures.value = captures.value.filter((each) => each.id !== id)
}

export function capturesOf(item: string): readonly Capture[] {
  return captures.value.filter((each) => each.item === item)
}

/** GTIN-14 of a product: what its barcode says, else what was typed. */
export function numberOf(item: Item): string | null {
  return capturesOf(item.id).find((each) => each.code)?.code ?? item.typed
}

function replaced<Kept extends { readonly id: string }>(
  all: readonly Kept[],
  fresh: Kept,
): readonly Kept[] {
  return all.some((each) => each.id === fresh.id)
    ? all.map((each) => (each.id === fresh.id ? fresh : each))
    : [...all, fresh]
}

/** What stays on the device until the service has it: rounds, pictures, products. */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Fault } from './gates'

export type Kind = 'shelf far' | 'shelf near' | 'product' | 'barcode'

/** One person's round through one shop. */
export interface Round {
  readonly id: string
  readonly store: string
  readonly person: string
  readonly consent: string
  readonly keepsFaces: boolean
  readonly aisles: readonly string[]
  readonly startedAt: string
  /** Aisles that the service knows of; null where it does not know the round. */
  readonly sentAisles: readonly string[] | null
}

export interface Capture {
  /** From the picture's bytes: the same picture is there once. */
  readonly id: string
  readonly round: string
  readonly aisle: string
  readonly kind: Kind
  /** The product it shows; null for shelves. */
  readonly item: string | null
  readonly at: string
  /** Null once the service has it. */
  readonly picture: Blob | null
  readonly thumb: Blob
  /** Hexadecimal. */
  readonly sight: string
  readonly faults: readonly Fault[]
  readonly isDouble: boolean
  /** GTIN-14 read from a barcode; null where none is sure. */
  readonly code: string | null
  readonly state: 'waiting' | 'sent' | 'refused'
  readonly problem: string | null
}

/** A product on its way into the catalogue. */
export interface Item {
  readonly id: string
  readonly round: string
  readonly aisle: string
  /** GTIN-14 as somebody typed it. */
  readonly typed: string | null
  readonly name: string
  /** What the catalogue calls it; null where it knows none, or was not asked yet. */
  readonly knownAs: string | null
  /** `done`: the person is; `bound`: the service too, and scans find it. */
  readonly state: 'open' | 'done' | 'bound' | 'refused'
  readonly problem: string | null
  readonly at: string
}

interface Kept extends DBSchema {
  rounds: { key: string; value: Round }
  captures: { key: string; value: Capture; indexes: { round: string } }
  items: { key: string; value: Item; indexes: { round: string } }
}

let opened: Promise<IDBPDatabase<Kept>> | null = null

export function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>('facings-collect', 1, {
    upgrade(made) {
      made.createObjectStore('rounds', { keyPath: 'id' })
      made.createObjectStore('captures', { keyPath: 'id' }).createIndex('round', 'round')
      made.createObjectStore('items', { keyPath: 'id' }).createIndex('round', 'round')
    },
  })
  return opened
}

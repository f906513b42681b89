/** What stays on the device: settings and profile, products seen, packs, and notes to be sent. */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Product } from '../pack/record'
import type { BoxXyxy } from '../types'

/** Something for the service, kept until it has been taken. */
export interface Note {
  readonly id?: number
  readonly path: string
  readonly json?: unknown
  /** A picture to be enrolled, in place of `json`. */
  readonly picture?: Blob
  readonly name?: string | undefined
  readonly at: string
}

/** A product that was seen on a shelf. */
export interface Seen {
  readonly gtin: string
  /** Null where its record has not come yet. */
  readonly name: string | null
  /** When last, ISO 8601. */
  readonly at: string
}

/** A facing that nobody could name when it was seen: no picture, only numbers. */
export interface Unnamed {
  readonly vectorI8: Int8Array
  readonly boxXyxy: BoxXyxy
  /** Of the embedder that made the vector. */
  readonly sha256: string
  readonly at: string
}

export interface KeptPack {
  readonly name: string
  readonly etag: string
  readonly bytes: ArrayBuffer
}

interface Kept extends DBSchema {
  notes: { key: number; value: Note }
  products: { key: string; value: { product: Product; at: string } }
  packs: { key: string; value: KeptPack }
  history: { key: string; value: Seen }
  unnamed: { key: string; value: Unnamed }
}

let opened: Promise<IDBPDatabase<Kept>> | null = null

export function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>('facings', 2, {
    upgrade(made, before) {
      if (before < 1) {
        made.createObjectStore('notes', { keyPath: 'id', autoIncrement: true })
        made.createObjectStore('products')
        made.createObjectStore('packs', { keyPath: 'name' })
      }
      if (before < 2) {
        made.createObjectStore('history', { keyPath: 'gtin' })
        made.createObjectStore('unnamed')
      }
    },
  })
  return opened
}

/** Read a value of localStorage; the fallback where there is none, or it is none of ours. */
export function remembered<Value>(name: string, fallback: Value): Value {
  try {
    const text = localStorage.getItem(`facings.${name}`)
    return text ? { ...fallback, ...(JSON.parse(text) as Value) } : fallback
  } catch {
    return fallback
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`facings.${name}`, JSON.stringify(value))
  } catch {
    // Private windows may refuse: then it lasts as long as the page.
  }
}

/** A pack's file, taken apart: docs/reference/pack-format.md. */

import type { EmbedderId } from '../types'
import type { Product } from './record'

const MAGIC = 'FACPACK1'
const GTIN_LENGTH = 14

export interface Thresholds {
  readonly accept: number
  readonly sure: number
  readonly sharpness: number
  readonly size_weight: number
  readonly artwork_weight: number
  /** Packs of before have none. */
  readonly words_weight?: number
}

export interface PackHead {
  readonly name: string
  /** ISO 8601 in UTC. */
  readonly created_at: string
  readonly embedder: EmbedderId
  readonly thresholds: Thresholds
  readonly scope: Readonly<Record<string, string>>
  readonly attributions: readonly string[]
  readonly product_count: number
  readonly picture_count: number
  readonly dim: number
  /** (C, H, W); empty where the pack has no artwork. */
  readonly artwork_shape: readonly number[]
  readonly block_size: number
  readonly sections: Readonly<Record<string, readonly [offset: number, length: number]>>
  readonly sha256: string
}

export class PackUnusable extends Error {
  override readonly name = 'PackUnusable'
}

/** A pack in memory; records are unpacked block by block when they are asked for. */
export class PackFile {
  readonly head: PackHead
  /** Ascending. */
  readonly gtins: readonly string[]
  /** Width and height of each product's front; zeros are not known. */
  readonly sizesMm: Float32Array
  /** Product of each picture. */
  readonly pictureProducts: Uint32Array
  /** (pictures, dim) directions. */
  readonly vectors: Int8Array
  /** (pictures, C * H * W), or empty. */
  readonly artwork: Int8Array
  readonly #blockOffsets: Uint32Array
  readonly #records: Uint8Array
  readonly #place: ReadonlyMap<string, number>
  readonly #blocks = new Map<number, Promise<readonly Product[]>>()

  /** @throws PackUnusable when it is no pack, or cut off. */
  constructor(packed: ArrayBuffer) {
    const { head, payload } = split(packed)
    const section = (name: string): Uint8Array<ArrayBuffer> => {
      const [offset, length] = head.sections[name] ?? [0, 0]
      if (offset + length > payload.byteLength) throw new PackUnusable('The pack is cut off.')
      return payload.slice(offset, offset + length)
    }
    const digits = new TextDecoder().decode(section('gtins'))
    this.head = head
    this.gtins = Array.from({ length: head.product_count }, (_, i) =>
      digits.slice(i * GTIN_LENGTH, (i + 1) * GTIN_LENGTH),
    )
    this.sizesMm = new Float32Array(section('sizes_mm').buffer)
    this.pictureProducts = new Uint32Array(section('picture_products').buffer)
    this.vectors = new Int8Array(section('vectors').buffer)
    this.artwork = new Int8Array(section('artwork').buffer)
    this.#blockOffsets = new Uint32Array(section('block_offsets').buffer)
    this.#records = section('records')
    this.#place = new Map(this.gtins.map((gtin, place) => [gtin, place]))
  }

  /** Place of a product among `gtins`; null when it is not in the pack. */
  placeOf(gtin: string): number | null {
    return this.#place.get(gtin) ?? null
  }

  /** What the pack tells of a product; null when it is not in it. */
  async product(gtin: string): Promise<Product | null> {
    const place = this.placeOf(gtin)
    if (place === null) return null
    const block = Math.floor(place / this.head.block_size)
    let records = this.#blocks.get(block)
    if (!records) {
      records = this.#unpack(block)
      this.#blocks.set(block, records)
    }
    return (await records)[place % this.head.block_size] ?? null
  }

  async #unpack(block: number): Promise<readonly Product[]> {
    const packed = this.#records.slice(this.#blockOffsets[block], this.#blockOffsets[block + 1])
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
    return (await new Response(stream).json()) as readonly Product[]
  }
}

/** Hold a pack's payload against the hash in its head. @throws PackUnusable when they differ. */
export async function requireWhole(packed: ArrayBuffer): Promise<void> {
  const { head, payload } = split(packed)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', payload))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hex !== head.sha256) throw new PackUnusable('The pack is damaged: download it again.')
}

function split(packed: ArrayBuffer): { head: PackHead; payload: Uint8Array<ArrayBuffer> } {
  const start = new Uint8Array(packed, 0, Math.min(8, packed.byteLength))
  if (packed.byteLength < 12 || new TextDecoder().decode(start) !== MAGIC) {
    throw new PackUnusable('This file is no pack.')
  }
  const length = new DataView(packed).getUint32(8, true)
  if (12 + length > packed.byteLength) throw new PackUnusable('The pack is cut off.')
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 12, length))) as PackHead
  return { head, payload: new Uint8Array(packed, 12 + length) }
}

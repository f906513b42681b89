/** Recognition on the device, from a pack. */

import { type Recogniser, RecogniserAway } from '../engine/recogniser'
import type { EmbeddedFacing, EmbedderId, Recognition, Witness } from '../types'
import { type Shape, weighArtwork } from './artwork'
import type { PackFile } from './file'
import type { Product } from './record'
import { type Decision, decide } from './rerank'
import { VectorSearch } from './search'
import { weighSizes } from './sizes'
import { weighWords } from './words'

/** Products considered for one facing, as in facings/recognizer.py. */
const NEAREST = 10

export class PackRecogniser implements Recogniser {
  readonly file: PackFile
  readonly #search: VectorSearch

  private constructor(file: PackFile, search: VectorSearch) {
    this.file = file
    this.#search = search
  }

  static async open(file: PackFile): Promise<PackRecogniser> {
    const search = await VectorSearch.open(file.vectors, file.head.dim, file.pictureProducts)
    return new PackRecogniser(file, search)
  }

  product(gtin: string): Promise<Product | null> {
    return this.file.product(gtin)
  }

  async recognise(
    facings: readonly EmbeddedFacing[],
    embedder: EmbedderId,
    signal: AbortSignal,
    witnesses: readonly Witness[] = [],
  ): Promise<readonly Recognition[]> {
    const { head, gtins, sizesMm, artwork } = this.file
    if (embedder.sha256 !== head.embedder.sha256) {
      throw new RecogniserAway('The pack was made for another version: download it again.', 60_000)
    }
    const candidates = facings.map((each) => this.#search.nearest(each.vectorI8, NEAREST))
    const sizes = weighSizes(
      facings.map((each) => each.boxXyxy),
      candidates,
      sizesMm,
      witnesses.flatMap(({ boxXyxy, gtin }) => {
        const product = this.file.placeOf(gtin)
        return product === null ? [] : [{ boxXyxy, product }]
      }),
    )
    const answers = await Promise.all(
      facings.map(async ({ artworkI8, printed }, i) => {
        const near = candidates[i] ?? []
        const size = sizes[i] ?? new Map()
        const alike = weighArtwork(artworkI8, near, artwork, head.artwork_shape as Shape)
        const unread = decide(near, size, alike, new Map(), head.thresholds)
        if (unread.state !== 'ambiguous' || printed.length === 0) return unread
        const words = weighWords(await this.#records(unread), printed)
        return decide(near, size, alike, words, head.thresholds)
      }),
    )
    signal.throwIfAborted()
    return Promise.all(
      answers.map(async ({ state, probability, alternatives }) => {
        const named = await Promise.all(
          alternatives.map(async ({ product, similarity }) => {
            const gtin = gtins[product] as string
            const name = state === 'ambiguous' ? ((await this.product(gtin))?.name ?? null) : null
            return { gtin, similarity, name }
          }),
        )
        const gtin = state === 'recognised' ? (named[0]?.gtin ?? null) : null
        return { state, probability, gtin, alternatives: named }
      }),
    )
  }

  /** A pack has no pictures. */
  async view(): Promise<null> {
    return null
  }

  /** What the pack tells of the products a facing may be, by their place. */
  async #records({ alternatives }: Decision): Promise<ReadonlyMap<number, Product>> {
    const records = new Map<number, Product>()
    for (const { product } of alternatives) {
      const record = await this.product(this.file.gtins[product] as string)
      if (record) records.set(product, record)
    }
    return records
  }
}

/**
 * For the bench page: ms to find the candidates of each facing of a frame, for every run.
 *
 * @param facings new ones of one frame.
 * @param pictures of the pack that is searched.
 */
export async function timeSearch(
  facings: number,
  pictures: number,
  dim: number,
  runs: number,
): Promise<readonly number[]> {
  const vectors = Int8Array.from({ length: pictures * dim }, () => Math.random() * 254 - 127)
  const products = Uint32Array.from({ length: pictures }, (_, i) => i)
  const search = await VectorSearch.open(vectors, dim, products)
  return Array.from({ length: runs }, () => {
    const started = performance.now()
    for (let i = 0; i < facings; i++) {
      search.nearest(vectors.subarray(i * dim, (i + 1) * dim), NEAREST)
    }
    return performance.now() - started
  })
}

/** Nearest products by every picture of a pack: exact, in a few hundred bytes of WASM SIMD. */

import { DOT_WASM } from './dot'

const PAGE = 65_536
const WIDE = 16

/** A product that a facing may be, with its nearest picture. */
export interface Candidate {
  /** Place in the pack. */
  readonly product: number
  readonly picture: number
  /** Dot product of unit vectors, in [-1, 1]. */
  readonly similarity: number
}

interface DotExports {
  readonly memory: WebAssembly.Memory
  dots(query: number, gallery: number, rows: number, dim: number, out: number): void
}

/** The vectors of a pack, laid out for search. */
export class VectorSearch {
  readonly #dim: number
  readonly #rows: number
  readonly #products: Uint32Array
  readonly #dots: DotExports
  readonly #query: Int16Array
  readonly #found: Int32Array
  /** One over the length of each row. */
  readonly #inverse: Float32Array
  readonly #galleryAt: number
  readonly #foundAt: number

  private constructor(
    dots: DotExports,
    vectors: Int8Array,
    dim: number,
    products: Uint32Array,
    padded: number,
  ) {
    this.#dots = dots
    this.#dim = padded
    this.#rows = products.length
    this.#products = products
    this.#galleryAt = padded * 2
    this.#foundAt = this.#galleryAt + this.#rows * padded
    this.#foundAt += -this.#foundAt & 15
    const bytes = this.#foundAt + this.#rows * 4
    dots.memory.grow(Math.max(0, Math.ceil(bytes / PAGE) - 1))
    const memory = dots.memory.buffer
    this.#query = new Int16Array(memory, 0, padded)
    this.#found = new Int32Array(memory, this.#foundAt, this.#rows)
    const gallery = new Int8Array(memory, this.#galleryAt, this.#rows * padded)
    this.#inverse = new Float32Array(this.#rows)
    for (let row = 0; row < this.#rows; row++) {
      const vector = vectors.subarray(row * dim, (row + 1) * dim)
      gallery.set(vector, row * padded)
      this.#inverse[row] = 1 / length(vector)
    }
  }

  /**
   * @param vectors (rows, dim) directions as signed bytes, of any scale.
   * @param products of each row.
   */
  static async open(vectors: Int8Array, dim: number, products: Uint32Array): Promise<VectorSearch> {
    const code = Uint8Array.from(atob(DOT_WASM), (character) => character.charCodeAt(0))
    const { instance } = await WebAssembly.instantiate(code)
    const dots = instance.exports as unknown as DotExports
    return new VectorSearch(dots, vectors, dim, products, Math.ceil(dim / WIDE) * WIDE)
  }

  /** The `count` nearest products of a direction, each by its best picture, best first. */
  nearest(vector: Int8Array, count: number): readonly Candidate[] {
    this.#query.fill(0)
    this.#query.set(vector)
    this.#dots.dots(0, this.#galleryAt, this.#rows, this.#dim, this.#foundAt)
    const scale = 1 / length(vector)
    const best: Candidate[] = []
    let bar = Number.NEGATIVE_INFINITY
    for (let row = 0; row < this.#rows; row++) {
      const similarity = (this.#found[row] as number) * (this.#inverse[row] as number) * scale
      if (similarity <= bar) continue
      take(best, { product: this.#products[row] as number, picture: row, similarity }, count)
      if (best.length === count) bar = (best[count - 1] as Candidate).similarity
    }
    return best
  }
}

/** Keep the best `count` products, each once. */
function take(best: Candidate[], found: Candidate, count: number): void {
  const known = best.findIndex((each) => each.product === found.product)
  if (known >= 0) {
    if ((best[known] as Candidate).similarity >= found.similarity) return
    best.splice(known, 1)
  }
  const place = best.findIndex((each) => each.similarity < found.similarity)
  best.splice(place < 0 ? best.length : place, 0, found)
  if (best.length > count) best.pop()
}

function length(vector: Int8Array): number {
  let sum = 0
  for (const number of vector) sum += number * number
  return Math.sqrt(sum) || 1
}

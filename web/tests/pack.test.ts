import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import wabt from 'wabt'
import { DOT_WASM } from '../src/pack/dot'
import { PackFile, requireWhole } from '../src/pack/file'
import { PackRecogniser, timeSearch } from '../src/pack/recogniser'
import { VectorSearch } from '../src/pack/search'
import { leastSquares } from '../src/pack/sizes'
import { foldPrint, partialRatio, weighWords } from '../src/pack/words'
import type { BoxXyxy } from '../src/types'

const golden = new URL('../../tests/golden/pack/', import.meta.url)
const packed = (): ArrayBuffer =>
  new Uint8Array(readFileSync(new URL('golden.facpack', golden))).buffer
const { frames, likenesses } = JSON.parse(
  readFileSync(new URL('answers.json', golden), 'utf8'),
) as {
  frames: {
    boxes_xyxy: BoxXyxy[]
    witnesses?: { box_xyxy: BoxXyxy; gtin: string }[]
    vectors_i8: string[]
    artwork_i8: string[]
    printed: string[][]
    answers: { state: string; gtin: string | null; probability: number; alternatives: string[] }[]
  }[]
  likenesses: [word: string, line: string, ratio: number][]
}
const int8 = (text: string) => new Int8Array(Buffer.from(text, 'base64'))

describe('a pack', () => {
  it('is refused when it is none, cut off or damaged', async () => {
    expect(() => new PackFile(new ArrayBuffer(0))).toThrow('no pack')
    expect(() => new PackFile(packed().slice(0, 3000))).toThrow('cut off')
    const damaged = new Uint8Array(packed())
    damaged[damaged.length - 20] = (damaged[damaged.length - 20] as number) ^ 1
    await expect(requireWhole(damaged.buffer)).rejects.toThrow('damaged')
    await requireWhole(packed())
  })

  it('tells its products, and null of others', async () => {
    const file = new PackFile(packed())
    expect(file.gtins).toHaveLength(file.head.product_count)
    for (const gtin of file.gtins) expect((await file.product(gtin))?.gtin).toBe(gtin)
    expect(await file.product('00000000000000')).toBeNull()
  })

  it('decides every golden facing as Python does', async () => {
    const pack = await PackRecogniser.open(new PackFile(packed()))
    for (const frame of frames) {
      const found = await pack.recognise(
        frame.boxes_xyxy.map((boxXyxy, i) => ({
          boxXyxy,
          score: 1,
          vectorI8: int8(frame.vectors_i8[i] as string),
          artworkI8: int8(frame.artwork_i8[i] as string),
          printed: frame.printed[i] ?? [],
          likeness: new Map(),
        })),
        pack.file.head.embedder,
        new AbortController().signal,
        frame.witnesses?.map(({ box_xyxy, gtin }) => ({ boxXyxy: box_xyxy, gtin })),
      )
      found.forEach((got, i) => {
        const wanted = frame.answers[i]
        expect(got.state).toBe(wanted?.state)
        expect(got.gtin).toBe(wanted?.gtin)
        expect(got.probability).toBeCloseTo(wanted?.probability as number, 3)
        expect(got.alternatives.map((each) => each.gtin)).toEqual(wanted?.alternatives)
      })
    }
  })

  it('of another embedder waits to be replaced', async () => {
    const pack = await PackRecogniser.open(new PackFile(packed()))
    const other = { name: 'golden', version: 2, sha256: '1'.repeat(64) }
    await expect(pack.recognise([], other, new AbortController().signal)).rejects.toThrow('another')
  })
})

describe('words', () => {
  it('say nothing where nothing was read, or labels say the same', () => {
    const tea = { gtin: '1', name: 'Tea Mint' }
    expect(weighWords(new Map(), ['Mint'])).toEqual(new Map())
    expect(weighWords(new Map([[0, tea]]), [])).toEqual(new Map())
    expect(weighWords(new Map([0, 1].map((place) => [place, tea])), ['Mint'])).toEqual(new Map())
  })

  it('speak for the label that bears them', () => {
    const teas = ['Tea Mint 6 x 20 g', 'Tea Crème'].map((name) => ({ gtin: '1', name }))
    const said = weighWords(new Map(teas.map((tea, i) => [i, tea])), ['CREME', 'finest'])
    expect(said.get(0)).toBe(0)
    expect(said.get(1)).toBe(1)
  })

  it('are folded as in Python', () => {
    expect(foldPrint("Müller's Süß-Crème 400 ml")).toBe('mullerssusscreme400ml')
  })

  it.each(likenesses)('"%s" is as like "%s" as rapidfuzz says', (word, line, ratio) => {
    expect(partialRatio(word, line)).toBeCloseTo(ratio, 6)
  })
})

describe('search', () => {
  it('finds nothing among nothing', async () => {
    const search = await VectorSearch.open(new Int8Array(), 16, new Uint32Array())
    expect(search.nearest(new Int8Array(16).fill(1), 3)).toEqual([])
  })

  it('finds what the plain sum finds, each product once', async () => {
    const [rows, dim] = [300, 20]
    const vectors = Int8Array.from({ length: rows * dim }, () => Math.random() * 254 - 127)
    const products = Uint32Array.from({ length: rows }, (_, i) => i >> 1)
    const search = await VectorSearch.open(vectors, dim, products)
    const row = (i: number) => Array.from(vectors.subarray(i * dim, (i + 1) * dim))
    const cosine = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + x * (b[i] as number), 0) / (Math.hypot(...a) * Math.hypot(...b))
    const best = new Map<number, number>()
    for (let i = 0; i < rows; i++) {
      const product = i >> 1
      best.set(product, Math.max(best.get(product) ?? -1, cosine(row(7), row(i))))
    }
    const wanted = [...best].sort((a, b) => b[1] - a[1]).slice(0, 10)
    const found = search.nearest(vectors.subarray(7 * dim, 8 * dim), 10)
    expect(found.map((each) => each.product)).toEqual(wanted.map(([product]) => product))
    for (const [i, each] of found.entries()) {
      expect(each.similarity).toBeCloseTo(wanted[i]?.[1] as number, 5)
    }
  })

  it('runs the code that is written in dot.wat', async () => {
    const text = readFileSync(new URL('../src/pack/dot.wat', import.meta.url), 'utf8')
    const assembled = (await wabt()).parseWat('dot.wat', text, { simd: true }).toBinary({}).buffer
    expect(Buffer.from(assembled).toString('base64')).toBe(DOT_WASM)
  })

  it('is measured for the bench page', async () => {
    expect(await timeSearch(2, 100, 16, 3)).toHaveLength(3)
  })
})

describe('least squares', () => {
  it('gives the shortest of many solutions, as numpy does', () => {
    const found = leastSquares(
      [
        [0, 0, 1],
        [0, 0, 1],
      ],
      [1, 3],
    )
    expect(found[2]).toBeCloseTo(2, 9)
    expect(found[0]).toBeCloseTo(0, 9)
  })
})

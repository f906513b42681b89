/** What `/bench` measures: the same networks and the same code as the live loop. */

import { type Grey, greyOf } from '../engine/grey'
import { DETECTOR, EMBEDDER } from '../engine/manifest'
import { pixelsOf } from '../engine/pixels'
import type { Place } from '../engine/rectify'
import { Runtime } from '../engine/runtime'
import { timeSearch } from '../pack/recogniser'

export interface Measured {
  readonly what: string
  readonly backend: string
  readonly runs: number
  readonly leastMs: number
  readonly medianMs: number
}

const FRAME = { width: 1280, height: 720 }
const WARM_UP = 2
const RUNS = 12
const PACK = 20_000
const FACINGS = 24
const PRINT = ['Granola', 'Strawberry', '375 g'] as const
const FONT = 'bold 22px sans-serif'
const LOOK_ALIKES = ['Strawberry', 'Raspberry', 'Cherry']
const PACK_WH = [130, 205] as const
const FIRST_PACK: Place = { boxXyxy: [10, 15, 140, 220], quad: null }

/** Measure one thing after the other, each told as soon as it is known. */
export async function measureAll(tell: (measured: Measured) => void): Promise<void> {
  const started = performance.now()
  const processor = await Runtime.open()
  const openedMs = performance.now() - started
  const backend = `wasm, ${processor.threads} ${processor.threads === 1 ? 'thread' : 'threads'}`
  tell({ what: 'Load and open', backend, runs: 1, leastMs: openedMs, medianMs: openedMs })
  await measureNetworks(processor, backend, tell)
  processor.close()
  const card = await Runtime.openWebGpu()
  if (card) {
    await measureNetworks(card, 'webgpu', tell)
    card.close()
  }
  for (const measured of await measureSearch()) tell(measured)
}

async function measureNetworks(
  runtime: Runtime,
  backend: string,
  tell: (measured: Measured) => void,
): Promise<void> {
  for (const side of [352, 448, 640]) {
    const network: number[] = []
    const whole: number[] = []
    for (let run = 0; run < WARM_UP + RUNS; run++) {
      const bitmap = await createImageBitmap(drawnShelf())
      const begun = performance.now()
      const { networkMs } = await runtime.detect(bitmap, side, DETECTOR.thresholds.score ?? 0.5)
      if (run < WARM_UP) continue
      network.push(networkMs)
      whole.push(performance.now() - begun)
    }
    tell(row(`Detector, ${side} px`, backend, network))
    tell(row(`Detection of a frame, ${side} px`, backend, whole))
  }
  for (const count of [1, 4]) {
    const places = Array.from({ length: count }, (_, i): Place => {
      return { boxXyxy: [i * 150, 100, i * 150 + 120, 400], quad: null }
    })
    const network: number[] = []
    for (let run = 0; run < WARM_UP + RUNS; run++) {
      const { networkMs } = await runtime.embed(places)
      if (run >= WARM_UP) network.push(networkMs / count)
    }
    tell(row(`Embedder, a product of ${count}`, backend, network))
  }
  const comparing: number[] = []
  const views = LOOK_ALIKES.map(drawnView)
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    const { tookMs } = await runtime.compare(FIRST_PACK, views)
    if (run >= WARM_UP) comparing.push(tookMs)
  }
  tell(row(`Comparing a product with ${views.length} pictures`, backend, comparing))
  const reading: number[] = []
  await runtime.fetchPrint()
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    const read = await runtime.read(FIRST_PACK)
    if (read && run >= WARM_UP) reading.push(read.tookMs)
  }
  tell(row('Reading the print on a product', backend, reading))
}

/** Every new facing of a frame against every picture of a pack. */
async function measureSearch(): Promise<readonly Measured[]> {
  const dim = EMBEDDER.embedding_dim ?? 256
  const measured: Measured[] = []
  for (const facings of [1, FACINGS]) {
    const took = await timeSearch(facings, PACK, dim, WARM_UP + RUNS)
    const what = `Search of ${PACK.toLocaleString('en')} vectors, ${facings} new`
    measured.push(row(what, 'wasm, 1 thread', took.slice(WARM_UP)))
  }
  return measured
}

function row(what: string, backend: string, took: readonly number[]): Measured {
  const sorted = [...took].sort((a, b) => a - b)
  const medianMs = sorted[sorted.length >> 1] ?? Number.NaN
  return { what, backend, runs: took.length, leastMs: sorted[0] ?? Number.NaN, medianMs }
}

/** A picture with edges and print enough to keep the networks busy. */
function drawnShelf(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(FRAME.width, FRAME.height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser cannot draw')
  context.font = FONT
  for (let i = 0; i < FACINGS; i++) {
    context.fillStyle = `hsl(${(i * 47) % 360} 70% 50%)`
    const [left, top] = [(i % 8) * 158 + 10, Math.floor(i / 8) * 235 + 15]
    context.fillRect(left, top, ...PACK_WH)
    context.fillStyle = 'white'
    print(context, PRINT, left, top)
  }
  return canvas
}

/** One of the packs as its catalogue picture, with another word: its longest side 256 pixels. */
function drawnView(word: string): Grey {
  const scale = 256 / PACK_WH[1]
  const canvas = new OffscreenCanvas(Math.round(scale * PACK_WH[0]), 256)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser cannot draw')
  context.scale(scale, scale)
  context.font = FONT
  context.fillStyle = 'white'
  print(context, [PRINT[0], word, PRINT[2]], 0, 0)
  return greyOf(pixelsOf(canvas.transferToImageBitmap()))
}

function print(
  context: OffscreenCanvasRenderingContext2D,
  lines: readonly string[],
  left: number,
  top: number,
): void {
  lines.forEach((line, row) => {
    context.fillText(line, left + 10, top + 40 + 45 * row)
  })
}

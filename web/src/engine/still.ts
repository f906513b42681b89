/** One still picture, looked at as closely as the networks can. */

import type { EmbeddedFacing, Track } from '../types'
import { DETECTOR, EMBEDDER, embedderId } from './manifest'
import type { Recogniser } from './recogniser'
import { Roster } from './roster'
import type { Runtime } from './runtime'

const EVERY = 500 // facings of one frame that the service takes

/**
 * Find and name every facing; those left ambiguous are asked again with their artwork.
 *
 * @param bitmap is closed here.
 */
export async function scanStill(
  runtime: Runtime,
  recogniser: Recogniser,
  bitmap: ImageBitmap,
  signal: AbortSignal,
): Promise<Track[]> {
  const strong = DETECTOR.thresholds.score ?? 0.5
  const roster = new Roster(strong)
  const longSide = Math.max(...DETECTOR.input.size_wh)
  const { detections } = await runtime.detect(bitmap, longSide, strong)
  roster.update(detections, 0, null)
  const due = roster.due(EVERY)
  if (due.length === 0) return []
  const { vectorsI8, artworkI8 } = await runtime.embed(due.map((each) => each.boxXyxy))
  const facingsWith = (artwork: (id: number) => boolean): EmbeddedFacing[] =>
    due.map(({ id, boxXyxy, score }, i) => ({
      boxXyxy,
      score,
      vectorI8: vectorsI8[i] as Int8Array,
      artworkI8: artwork(id) ? (artworkI8[i] ?? null) : null,
    }))
  const ask = async (facings: EmbeddedFacing[]) => {
    const answers = await recogniser.recognise(facings, embedderId(EMBEDDER), signal)
    due.forEach(({ id }, i) => {
      const answer = answers[i]
      if (answer) roster.answered(id, answer)
    })
  }
  await ask(facingsWith(() => false))
  if (due.some(({ id }) => roster.wantsArtwork(id))) {
    await ask(facingsWith((id) => roster.wantsArtwork(id)))
  }
  return roster.tracks()
}

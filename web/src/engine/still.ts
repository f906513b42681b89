/** One still picture, looked at as closely as the networks can. */

import type { Track } from '../types'
import { Follower, STILL } from './follow'
import type { Recogniser } from './recogniser'
import type { Runtime } from './runtime'

/** What is asked of a picture: names, artwork and pictures of the ambiguous, sizes by named
 * neighbours, print. */
const ROUNDS = 4

/**
 * Find and name every facing.
 *
 * @param bitmap is closed here.
 */
export async function scanStill(
  runtime: Runtime,
  recogniser: Recogniser,
  bitmap: ImageBitmap,
  signal: AbortSignal,
): Promise<Track[]> {
  const follower = new Follower(recogniser, STILL)
  await follower.find(runtime, { bitmap, atMs: 0, shift: null }, null, () => true)
  await runtime.fetchPrint().catch(() => {}) // without it facings stay ambiguous
  for (let round = 0; round < ROUNDS; round++) {
    const question = await follower.look(runtime)
    if (question === null) break
    await follower.ask(question, signal)
    await follower.picturesArrived()
  }
  return follower.tracks()
}

/** What the recogniser that asks the service makes of its refusals. */

import { afterEach, expect, test, vi } from 'vitest'
import { ApiRecogniser } from '../src/engine/api'
import { RecogniserAway } from '../src/engine/recogniser'

const EMBEDDER = { name: 'e', version: 1, sha256: '0'.repeat(64) }
const FACING = {
  boxXyxy: [0, 0, 9, 9],
  score: 1,
  vectorI8: new Int8Array(4),
  artworkI8: null,
  printed: [],
  likeness: new Map(),
} as const

function ask(): Promise<unknown> {
  return new ApiRecogniser().recognise([FACING], EMBEDDER, new AbortController().signal)
}

function answer(status: number, body: object, headers: Record<string, string> = {}): void {
  const response = new Response(JSON.stringify(body), { status, headers })
  vi.stubGlobal('fetch', () => Promise.resolve(response))
}

afterEach(() => vi.unstubAllGlobals())

test('no facing asks nothing', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new Error('asked')))
  const nothing = new ApiRecogniser().recognise([], EMBEDDER, new AbortController().signal)
  expect(await nothing).toEqual([])
})

test.each([
  [401, 'This shop asks for a key. Enter it in the settings.'],
  [409, 'The shop has another version of this page. Reload it.'],
])('a refusal of %i is told in words for a shopper', async (status, words) => {
  answer(status, { detail: 'the index was built with another', hint: 'run "facings index build"' })
  await expect(ask()).rejects.toThrow(words)
})

test('a busy service is tried again when it says so', async () => {
  answer(429, {}, { 'Retry-After': '7' })
  const told = ask()
  await expect(told).rejects.toBeInstanceOf(RecogniserAway)
  await expect(told).rejects.toMatchObject({ retryAfterMs: 7000 })
})

test('another refusal is told with what to do', async () => {
  answer(422, { detail: 'there are too many facings', hint: 'send 300 at most' })
  await expect(ask()).rejects.toThrow('there are too many facings: send 300 at most')
})

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

test('a missing key is told in words for a shopper', async () => {
  answer(401, { detail: 'there is no valid API key with the request', hint: 'send a header' })
  await expect(ask()).rejects.toThrow('This shop asks for a key. Enter it in the settings.')
})

test('a busy service is tried again when it says so', async () => {
  answer(429, {}, { 'Retry-After': '7' })
  const told = ask()
  await expect(told).rejects.toBeInstanceOf(RecogniserAway)
  await expect(told).rejects.toMatchObject({ retryAfterMs: 7000 })
})

test('another refusal is told with what to do', async () => {
  answer(422, { detail: 'the vectors are of another embedder', hint: 'reload the page' })
  await expect(ask()).rejects.toThrow('the vectors are of another embedder: reload the page')
})

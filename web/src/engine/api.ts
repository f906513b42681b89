/** The recogniser that asks the service: vectors and boxes go, no picture. */

import type { components } from '../api/schema'
import type { BoxXyxy, EmbeddedFacing, EmbedderId, Likeness, Recognition, Witness } from '../types'
import { type Grey, greyOf } from './grey'
import { pixelsOf } from './pixels'
import { type Recogniser, RecogniserAway } from './recogniser'

type RecogniseIn = components['schemas']['RecogniseIn']
type FacingIn = RecogniseIn['facings'][number]
/** Left out where there is none. */
type Seen = {
  readonly printed?: readonly string[]
  readonly likeness?: Readonly<Record<string, number>>
}
type FrameOut = components['schemas']['FrameOut']

export interface ApiOptions {
  /** Where the service is; empty for the page's own origin. */
  readonly baseUrl?: string
  /** API key; null where the service asks for none. */
  readonly key?: string | null
  /** A walk through a shop: see docs/reference/http-api.md. */
  readonly sessionId?: string | null
}

const TIMEOUT_MS = 8000
/** What a shopper can do about a refusal whose own words are for those who run the service. */
const WANTED: Record<number, string> = {
  401: 'This shop asks for a key. Enter it in the settings.',
  409: 'The shop has another version of this page. Reload it.',
}
/** Half the steps of int8 pack into a tenth fewer bytes and turn a vector by 4 degrees at most. */
const WIRE_SCALE = 0.5
/** Finer ones would change no answer. */
const LIKENESS_STEPS = 1000

export class ApiRecogniser implements Recogniser {
  readonly #options: ApiOptions
  /** What went over the wire, by whether artwork was with it: bytes of all bodies, and facings. */
  readonly sent = { plain: { bytes: 0, facings: 0 }, artwork: { bytes: 0, facings: 0 } }

  constructor(options: ApiOptions = {}) {
    this.#options = options
  }

  async recognise(
    facings: readonly EmbeddedFacing[],
    embedder: EmbedderId,
    signal: AbortSignal,
    witnesses: readonly Witness[] = [],
  ): Promise<readonly Recognition[]> {
    if (facings.length === 0) return []
    const { baseUrl = '', key, sessionId } = this.#options
    const request = {
      embedder,
      facings: facings.map(facingIn),
      ...(witnesses.length > 0 ? { witnesses: witnesses.map(witnessIn) } : {}),
      include: ['alternatives'],
      ...(sessionId ? { session_id: sessionId } : {}),
    } satisfies Partial<Omit<RecogniseIn, 'facings'>> & { facings: readonly unknown[] }
    const body = await gzipped(JSON.stringify(request))
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
    }
    if (key) headers.Authorization = `Bearer ${key}`
    const sent = facings.some((each) => each.artworkI8) ? this.sent.artwork : this.sent.plain
    sent.bytes += body.byteLength
    sent.facings += facings.length
    const response = await answered(`${baseUrl}/v1/recognise`, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    const frame: FrameOut = await response.json()
    return frame.facings.map(recognitionOf)
  }

  async view(gtin: string): Promise<Grey | null> {
    const { baseUrl = '', key } = this.#options
    const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {}
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    let response: Response
    try {
      response = await fetch(`${baseUrl}/v1/products/${gtin}/view`, { headers, signal })
    } catch {
      throw new RecogniserAway('the service cannot be reached')
    }
    if (response.status === 429 || response.status >= 500) throw busy(response)
    if (!response.ok) return null
    return greyOf(pixelsOf(await createImageBitmap(await response.blob())))
  }
}

function witnessIn({ boxXyxy, gtin }: Witness): RecogniseIn['witnesses'][number] {
  return { box_xyxy: wholePixels(boxXyxy), gtin }
}

/** The score is left out: it changes no answer. Of a vector only the direction counts. */
function facingIn(facing: EmbeddedFacing): Omit<FacingIn, 'score' | 'printed'> & Seen {
  return {
    box_xyxy: wholePixels(facing.boxXyxy),
    vector_i8: base64(facing.vectorI8.map((value) => Math.round(value * WIRE_SCALE))),
    ...(facing.artworkI8 ? { artwork_i8: base64(facing.artworkI8) } : {}),
    ...(facing.printed.length > 0 ? { printed: facing.printed } : {}),
    ...(facing.likeness.size > 0 ? { likeness: rounded(facing.likeness) } : {}),
  }
}

function rounded(likeness: Likeness): Record<string, number> {
  return Object.fromEntries(
    [...likeness].map(([gtin, value]) => [
      gtin,
      Math.round(value * LIKENESS_STEPS) / LIKENESS_STEPS,
    ]),
  )
}

function wholePixels(box: BoxXyxy): [number, number, number, number] {
  const [left, top, right, bottom] = box
  const [x, y] = [Math.round(left), Math.round(top)]
  return [x, y, Math.max(Math.round(right), x + 1), Math.max(Math.round(bottom), y + 1)]
}

function recognitionOf(facing: FrameOut['facings'][number]): Recognition {
  return {
    state: facing.state,
    gtin: facing.gtin,
    probability: facing.probability,
    alternatives: (facing.alternatives ?? []).map(({ gtin, similarity, name }) => ({
      gtin,
      similarity,
      name,
    })),
  }
}

/** @throws RecogniserAway where trying again may help, Error where it will not. */
async function answered(url: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted && error instanceof DOMException && error.name === 'AbortError') {
      throw error
    }
    throw new RecogniserAway('the service cannot be reached')
  }
  if (response.ok) return response
  if (response.status === 429 || response.status >= 500) throw busy(response)
  const wanted = WANTED[response.status]
  if (wanted !== undefined) throw new Error(wanted)
  const problem: { detail?: string; hint?: string } = await response.json().catch(() => ({}))
  throw new Error(
    [problem.detail ?? `HTTP ${response.status}`, problem.hint].filter(Boolean).join(': '),
  )
}

function busy({ status, headers }: Response): RecogniserAway {
  const seconds = Number(headers.get('Retry-After') ?? 2)
  return new RecogniserAway(`the service is busy (${status})`, seconds * 1000)
}

async function gzipped(text: string): Promise<ArrayBuffer> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Response(packed).arrayBuffer()
}

function base64(bytes: Int8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte & 0xff)
  return btoa(text)
}

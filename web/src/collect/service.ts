/** What the page asks the service. */

import type { components } from '../api/schema'
import type { Capture, Item, Round } from './kept'
import { key } from './state'

type Schemas = components['schemas']
export type Captured = Schemas['CapturedOut']
export type Bound = Schemas['BoundOut']

const TIMEOUT_MS = 60_000

/** The service could not be reached, or is not well: later it may be. */
export class Away extends Error {
  override readonly name = 'Away'
}

/** There is no key, or it does not open this. */
export class KeyNeeded extends Error {
  override readonly name = 'KeyNeeded'
}

/** The service says no, and why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export async function begin(round: Round): Promise<Schemas['FieldSessionOut']> {
  const { id, store, person, consent, aisles, keepsFaces } = round
  const body = { id, store, person, consent, aisles, keeps_faces: keepsFaces }
  return (await post('/v1/collect/sessions', json(body))) as Schemas['FieldSessionOut']
}

export async function sendPicture(capture: Capture, picture: Blob): Promise<Captured> {
  const form = new FormData()
  form.append('picture', picture, 'picture.jpg')
  form.append('id', capture.id)
  form.append('kind', capture.kind)
  if (capture.aisle) form.append('aisle', capture.aisle)
  const path = `/v1/collect/sessions/${capture.round}/captures`
  return (await post(path, { body: form })) as Captured
}

export async function bind(item: Item, gtin: string, captures: readonly string[]): Promise<Bound> {
  const body = { captures, gtin, name: item.name || null }
  return (await post(`/v1/collect/sessions/${item.round}/products`, json(body))) as Bound
}

/** How many facings of a picture are this product, and how many there are. */
export async function scan(picture: Blob, gtin: string): Promise<readonly [number, number]> {
  const form = new FormData()
  form.append('picture', picture, 'shelf.jpg')
  const frame = (await post('/v1/scan', { body: form })) as Schemas['FrameOut']
  return [frame.facings.filter((each) => each.gtin === gtin).length, frame.facings.length]
}

function json(body: unknown): RequestInit {
  return { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
}

export function get(path: string): Promise<unknown> {
  return asked(path, {})
}

export function postJson(path: string, body: unknown): Promise<unknown> {
  return post(path, json(body))
}

/** A picture; null where there is none. @throws Away, KeyNeeded or Refused */
export async function fetchBlob(path: string): Promise<Blob | null> {
  const response = await ask(path, {})
  return response.ok ? response.blob() : null
}

function post(path: string, init: RequestInit): Promise<unknown> {
  return asked(path, { ...init, method: 'POST' })
}

/** @throws Away, KeyNeeded or Refused */
async function asked(path: string, init: RequestInit): Promise<unknown> {
  const response = await ask(path, init)
  const answer = await response.json()
  if (!response.ok) throw new Refused((answer as Schemas['Problem']).detail)
  return answer
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  if (key.value) headers.set('Authorization', `Bearer ${key.value}`)
  let response: Response
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    response = await fetch(path, { ...init, headers, signal })
  } catch (error) {
    throw new Away('no answer', { cause: error })
  }
  if (response.status >= 500 || response.status === 429) throw new Away(`${response.status}`)
  if (response.status === 401 || response.status === 403) throw new KeyNeeded()
  return response
}

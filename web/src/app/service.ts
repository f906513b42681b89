/** What the app asks the service, and notes that wait when it does not answer. */

import type { components } from '../api/schema'
import type { Product } from '../pack/record'
import { database, type Note } from './device'
import type { Profile } from './judge'
import { settings, waitingNotes } from './state'

type Schemas = components['schemas']
export type Instead = Schemas['InsteadOut']
export type PackOffer = Schemas['PackOut']

const TIMEOUT_MS = 10_000

/** The service could not be reached, or is not well: later it may be. */
export class Away extends Error {
  override readonly name = 'Away'
}

/** The service has understood, and will not have it: waiting does not help. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Fetch with the shop's key. @throws Away without network or on a failure of the service. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (settings.value.key) headers.set('Authorization', `Bearer ${settings.value.key}`)
  let response: Response
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init, headers })
  } catch (error) {
    throw new Away('no answer', { cause: error })
  }
  if (response.status >= 500 || response.status === 429) throw new Away(`${response.status}`)
  return response
}

function post(path: string, json: unknown): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' }
  return ask(path, { method: 'POST', body: JSON.stringify(json), headers })
}

/** A product's record; null where there is none. @throws Away */
export async function fetchProduct(gtin: string): Promise<Product | null> {
  const response = await ask(`/v1/products/${gtin}`)
  return response.ok ? ((await response.json()) as Product) : null
}

/** A product's picture as an object URL; null where there is none. @throws Away */
export async function fetchPicture(gtin: string): Promise<string | null> {
  const response = await ask(`/v1/products/${gtin}/picture`)
  return response.ok ? URL.createObjectURL(await response.blob()) : null
}

/** Similar products that suit better. The profile is used for the answer and not kept. */
export async function fetchInstead(gtin: string, profile: Profile): Promise<readonly Instead[]> {
  const response = await post(`/v1/products/${gtin}/alternatives`, profile)
  return response.ok ? ((await response.json()) as Schemas['InsteadList']).alternatives : []
}

export async function fetchPacks(): Promise<readonly PackOffer[]> {
  const response = await ask('/v1/packs')
  return response.ok ? ((await response.json()) as Schemas['PackList']).packs : []
}

/** Send a note now, or keep it for later; says which of the two. @throws Refused */
export async function sendOrKeep(note: Omit<Note, 'at' | 'id'>): Promise<'sent' | 'kept'> {
  const whole = { ...note, at: new Date().toISOString() }
  try {
    await send(whole)
    return 'sent'
  } catch (error) {
    if (!(error instanceof Away)) throw error
    await (await database()).add('notes', whole)
    await countWaiting()
    return 'kept'
  }
}

/** Send what has waited, until one cannot go now; how many went, and how many nobody wants. */
export async function sendWaiting(): Promise<{ sent: number; refused: number }> {
  const kept = await database()
  let [sent, refused] = [0, 0]
  for (const note of await kept.getAll('notes')) {
    try {
      await send(note)
      sent += 1
    } catch (error) {
      if (error instanceof Away) break
      if (!(error instanceof Refused)) throw error
      refused += 1
    }
    await kept.delete('notes', note.id as number)
  }
  await countWaiting()
  return { sent, refused }
}

export async function countWaiting(): Promise<void> {
  waitingNotes.value = await (await database()).count('notes')
}

/** @throws Away, also where a key is missing: it may be entered yet. @throws Refused */
async function send(note: Note): Promise<void> {
  const response = await (note.picture
    ? sendPicture(note, note.picture)
    : post(note.path, note.json))
  if (response.ok) return
  if (response.status === 401 || response.status === 403) throw new Away(`${response.status}`)
  const problem: { detail?: string; hint?: string } = await response.json().catch(() => ({}))
  const { detail = `${response.status}`, hint } = problem
  throw new Refused(hint ? `${detail}: ${hint}` : detail)
}

function sendPicture({ path, name }: Note, picture: Blob): Promise<Response> {
  const form = new FormData()
  form.append('pictures', picture, 'pack.jpg')
  if (name) form.append('name', name)
  return ask(path, { method: 'POST', body: form })
}

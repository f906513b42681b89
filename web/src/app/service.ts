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

/** Send a note now, or keep it for later; says which of the two. */
export async function sendOrKeep(note: Omit<Note, 'at' | 'id'>): Promise<'sent' | 'kept'> {
  const whole = { ...note, at: new Date().toISOString() }
  try {
    await send(whole)
    return 'sent'
  } catch (error) {
    if (!(error instanceof Away)) throw error
    await (await database()).add('notes', whole)
    waitingNotes.value += 1
    return 'kept'
  }
}

/** Send what has waited; how many notes went. Stops at the first that cannot go now. */
export async function sendWaiting(): Promise<number> {
  const kept = await database()
  let sent = 0
  for (const note of await kept.getAll('notes')) {
    try {
      await send(note)
    } catch (error) {
      if (error instanceof Away) break
      throw error
    }
    await kept.delete('notes', note.id as number)
    sent += 1
  }
  waitingNotes.value = await kept.count('notes')
  return sent
}

async function send(note: Note): Promise<void> {
  if (!note.picture) {
    await post(note.path, note.json)
    return
  }
  const form = new FormData()
  form.append('pictures', note.picture, 'pack.jpg')
  if (note.name) form.append('name', note.name)
  await ask(note.path, { method: 'POST', body: form })
}

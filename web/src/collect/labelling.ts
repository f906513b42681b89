/** Labelling of a round's shelf pictures: asks the service; nothing of it is kept on the device. */

import { signal } from '@preact/signals'
import type { components } from '../api/schema'
import { fetchBlob, get, postJson } from './service'

type Schemas = components['schemas']
export type Labelling = Schemas['LabellingOut']
export type Group = Schemas['GroupOut']
export type Suggestion = Schemas['SuggestionOut']
export type QueueRow = Schemas['QueueRow']
export type Verdict = Schemas['AnswerIn']['verdict']

export const queue = signal<readonly QueueRow[] | null>(null)
export const labelling = signal<Labelling | null>(null)
/** The picture that is labelled. */
export const shelf = signal<ImageBitmap | null>(null)
export const problem = signal('')

const path = (round: string) => `/v1/collect/sessions/${round}`

export async function loadQueue(round: string): Promise<void> {
  problem.value = ''
  queue.value = null
  await told(async () => {
    queue.value = ((await get(`${path(round)}/queue`)) as Schemas['QueueOut']).captures
  })
}

export async function open(round: string, capture: string): Promise<void> {
  problem.value = ''
  labelling.value = null
  shelf.value = null
  await told(async () => {
    const of = `${path(round)}/captures/${capture}`
    const picture = await fetchBlob(`${of}/picture`)
    if (picture) shelf.value = await createImageBitmap(picture)
    labelling.value = (await get(`${of}/groups`)) as Labelling
  })
}

export async function answer(
  round: string,
  boxes: readonly number[],
  verdict: Verdict,
  gtin: string | null,
): Promise<void> {
  const now = labelling.value
  if (!now || boxes.length === 0) return
  await told(async () => {
    const of = `${path(round)}/captures/${now.capture}/answers`
    labelling.value = (await postJson(of, { boxes, verdict, gtin })) as Labelling
  })
}

export async function search(text: string): Promise<readonly Suggestion[]> {
  const query = new URLSearchParams({ text })
  return ((await get(`/v1/search/products?${query}`)) as Schemas['FoundProducts']).products
}

/** A product's catalogue picture; null where there is none. */
export function thumbnail(gtin: string): Promise<Blob | null> {
  return fetchBlob(`/v1/products/${gtin}/picture`)
}

/** Whether somebody answered every box of a group. */
export function isAnswered(group: Group, of: Labelling): boolean {
  return group.boxes.every((box) => of.answers[box] !== undefined)
}

async function told(what: () => Promise<void>): Promise<void> {
  try {
    await what()
  } catch (error) {
    problem.value = error instanceof Error && error.message ? error.message : String(error)
  }
}

/** What a person can do, and what follows from it. The only place that writes the state. */

import { effect } from '@preact/signals'
import { CameraProblem, closeCamera, openCamera } from '../engine/capture'
import { STOPPED } from '../engine/live'
import { RecogniserAway } from '../engine/recogniser'
import type { Product } from '../pack/record'
import type { BoxXyxy } from '../types'
import { announceNew } from './announce'
import { live, lookAtControls, video } from './camera'
import { database } from './device'
import { nameKept, noteSeen, readHistory } from './history'
import { embedderInUse } from './recognise'
import { Away, fetchProduct, sendOrKeep, sendWaiting } from './service'
import {
  cameraFailure,
  chosen,
  comparing,
  dimmed,
  gtinOf,
  listOpen,
  looking,
  notice,
  online,
  pack,
  photo,
  products,
  sheet,
  snapshot,
} from './state'
import { words } from './words'

const AGAIN_MS = 4000

export function begin(): void {
  live.onSnapshot((now) => {
    if (looking.value === 'camera') snapshot.value = now
  })
  effect(() => live.dim(new Set(dimmed.value.keys())))
  effect(() => {
    const names = snapshot.value.tracks.flatMap((track) => {
      const product = products.value.get(gtinOf(track) ?? '')
      return product ? [[track.id, product.variant ?? product.name] as const] : []
    })
    live.name(new Map(names))
  })
  effect(() => {
    for (const track of snapshot.value.tracks) {
      const gtin = gtinOf(track)
      if (gtin) void lookUp(gtin)
    }
  })
  effect(() => announceNew(snapshot.value.tracks, products.value))
  effect(() => void noteSeen())
  void readHistory()
  window.addEventListener('online', () => void nowOnline())
  window.addEventListener('offline', () => {
    online.value = false
  })
  void nowOnline()
}

async function nowOnline(): Promise<void> {
  const was = online.value
  online.value = navigator.onLine
  if (!online.value) return
  const sent = await sendWaiting()
  const named = await nameThoseThatWaited()
  if (sent) say(words.sent(sent))
  else if (named) say(words.namedLater(named))
  else if (!was) say(words.backOnline)
}

/** Products that were seen without network, and what they are. */
async function nameThoseThatWaited(): Promise<number> {
  try {
    return await nameKept(async (gtin) => (await lookUp(gtin))?.name ?? null)
  } catch (error) {
    if (error instanceof RecogniserAway) return 0 // not back after all
    throw error
  }
}

export function say(message: string): void {
  notice.value = message
}

/** Show the shelf as the camera sees it, or say in `cameraFailure` why not. */
export async function startCamera(): Promise<void> {
  cameraFailure.value = null
  try {
    await openCamera(video)
  } catch (error) {
    cameraFailure.value = error instanceof CameraProblem ? error.failure : 'unsupported'
    return
  }
  looking.value = 'camera'
  lookAtControls()
  await live.start(video)
}

export function stopLooking(): void {
  live.stop()
  closeCamera(video)
  looking.value = 'nothing'
  snapshot.value = STOPPED
  listOpen.value = false
}

/** Find the products of a photo, which stays on the device. */
export async function scanPhoto(picture: Blob, signal: AbortSignal): Promise<void> {
  const bitmap = await createImageBitmap(picture)
  const found = await live.scanPicture(bitmap, signal)
  bitmap.close()
  if (photo.value) URL.revokeObjectURL(photo.value)
  photo.value = URL.createObjectURL(picture)
  looking.value = 'photo'
  snapshot.value = found
}

const asked = new Map<string, number>()

/** Look a product up once: from the service, else the pack, else what was seen before. */
export async function lookUp(gtin: string): Promise<Product | null | undefined> {
  const known = products.peek().get(gtin)
  if (known !== undefined) return known
  if (Date.now() - (asked.get(gtin) ?? 0) < AGAIN_MS) return undefined
  asked.set(gtin, Date.now())
  const found = await find(gtin)
  if (found !== undefined) products.value = new Map(products.peek()).set(gtin, found)
  return found
}

async function find(gtin: string): Promise<Product | null | undefined> {
  if (online.peek()) {
    try {
      const product = await fetchProduct(gtin)
      const at = new Date().toISOString()
      if (product) void database().then((kept) => kept.put('products', { product, at }, gtin))
      return product
    } catch (error) {
      if (!(error instanceof Away)) throw error
    }
  }
  const packed = await pack.peek()?.product(gtin)
  return packed ?? (await (await database()).get('products', gtin))?.product
}

/** Ask again for a record that did not come. */
export function askAgain(gtin: string): void {
  asked.delete(gtin)
  void lookUp(gtin)
}

export function openTrack(id: number): void {
  const track = snapshot.value.tracks.find((each) => each.id === id)
  if (!track) return
  const gtin = gtinOf(track)
  if (gtin) openProduct(gtin, id)
  else if (track.state === 'ambiguous') sheet.value = { kind: 'choose', track: id }
  else if (track.state === 'unknown') sheet.value = { kind: 'unknown', track: id }
  else say(words.states[track.state])
}

export function openProduct(gtin: string, track: number | null = null): void {
  askAgain(gtin)
  const first = comparing.value
  comparing.value = null
  if (first && first !== gtin) sheet.value = { kind: 'compare', first, second: gtin }
  else sheet.value = { kind: 'product', gtin, track }
}

/** A person says which of several it is, or corrects what was said; null for only "not this". */
export async function correct(
  track: number,
  gtin: string | null,
  sendsPicture = false,
): Promise<void> {
  const facing = snapshot.value.tracks.find((each) => each.id === track)
  const given = facing ? (facing.recognition?.gtin ?? null) : null
  if (gtin) chosen.value = new Map(chosen.value).set(track, gtin)
  const vector = live.embeddingOf(track)
  const known = vector && embedderInUse
  const isSeen = sendsPicture && facing && looking.value === 'camera'
  const picture = isSeen ? await cutOut(facing.boxXyxy) : null
  const sent = await sendOrKeep({
    path: '/v1/feedback',
    json: {
      frame_id: `track-${track}`,
      box_xyxy: (facing?.boxXyxy ?? [0, 0, 1, 1]).map(Math.round),
      gtin_given: given ?? (gtin ? null : alternativeOf(track)),
      gtin_corrected: gtin,
      ...(known ? { vector_i8: base64(vector), embedder: embedderInUse } : {}),
      ...(picture ? { picture: base64(new Int8Array(await picture.arrayBuffer())) } : {}),
    },
  })
  say(sent === 'sent' ? words.thanks : words.thanksLater)
}

function alternativeOf(track: number): string | null {
  const facing = snapshot.value.tracks.find((each) => each.id === track)
  return facing?.recognition?.alternatives[0]?.gtin ?? null
}

export async function review(gtin: string, rating: number, text: string): Promise<void> {
  const path = `/v1/products/${gtin}/reviews`
  const sent = await sendOrKeep({ path, json: { rating, text } })
  say(sent === 'sent' ? words.reviewThanks : words.thanksLater)
}

/** Send the picture of one pack as the catalogue's, and nothing around it. */
export async function enrol(track: number, gtin: string, name: string): Promise<void> {
  const facing = snapshot.value.tracks.find((each) => each.id === track)
  const picture = facing && looking.value === 'camera' ? await cutOut(facing.boxXyxy) : null
  if (!picture) {
    await correct(track, gtin)
    return
  }
  const path = `/v1/products/${gtin}/pictures`
  const sent = await sendOrKeep({ path, picture, name: name || undefined })
  chosen.value = new Map(chosen.value).set(track, gtin)
  say(sent === 'sent' ? words.thanks : words.thanksLater)
}

async function cutOut([left, top, right, bottom]: BoxXyxy): Promise<Blob> {
  const canvas = new OffscreenCanvas(Math.ceil(right - left), Math.ceil(bottom - top))
  canvas.getContext('2d')?.drawImage(video, -left, -top)
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })
}

function base64(bytes: Int8Array): string {
  const unsigned = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let text = ''
  for (const byte of unsigned) text += String.fromCharCode(byte)
  return btoa(text)
}

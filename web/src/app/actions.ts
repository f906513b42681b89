/** What a person can do, and what follows from it. The only place that writes the state. */

import { effect } from '@preact/signals'
import { CameraProblem, closeCamera, openCamera } from '../engine/capture'
import { STOPPED } from '../engine/live'
import type { BoxXyxy } from '../types'
import { announceNew } from './announce'
import { live, lookAtControls, video } from './camera'
import { nameNoted, noteLookedUp, noteSeen, readHistory } from './history'
import { mention, say } from './notice'
import { embedderInUse } from './recognise'
import { askAgain, lookUp } from './records'
import { Refused, sendOrKeep } from './service'
import {
  cameraFailure,
  chosen,
  comparing,
  dimmed,
  gtinOf,
  listOpen,
  looking,
  online,
  photo,
  products,
  sheet,
  snapshot,
} from './state'
import { beginSync, tryAgainLater } from './sync'
import { words } from './words'

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
      const [likeliest] = track.state === 'ambiguous' ? (track.recognition?.alternatives ?? []) : []
      const gtin = gtinOf(track) ?? (likeliest?.name ? null : likeliest?.gtin)
      if (gtin) void lookUp(gtin)
    }
  })
  effect(() => announceNew(snapshot.value.tracks, products.value))
  effect(() => void noteSeen())
  effect(nameNoted)
  effect(tellOnceWhenSlow)
  void readHistory().then(beginSync)
}

let isSlowTold = false

function tellOnceWhenSlow(): void {
  if (isSlowTold || snapshot.value.engine !== 'slow') return
  isSlowTold = true
  mention(words.slow)
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
  chosen.value = new Map()
  snapshot.value = found
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
  const first = comparing.value
  if (first === gtin) {
    say(words.compareSame)
    return
  }
  void askAgain(gtin)
  comparing.value = null
  if (first) sheet.value = { kind: 'compare', first, second: gtin }
  else sheet.value = { kind: 'product', gtin, track }
}

/** A number was typed or scanned: what is it? */
export function openNumber(gtin: string): void {
  void noteLookedUp(gtin)
  openProduct(gtin)
}

/** A person says which of several it is, or corrects what was said; null for only "not this". */
export async function correct(
  track: number,
  gtin: string | null,
  sendsPicture = false,
): Promise<void> {
  const facing = snapshot.value.tracks.find((each) => each.id === track)
  const given = facing ? (facing.recognition?.gtin ?? null) : null
  if (gtin) choose(track, gtin)
  const vector = live.embeddingOf(track)
  const known = vector && embedderInUse
  const isSeen = sendsPicture && facing && looking.value === 'camera'
  const picture = isSeen ? await cutOut(facing.boxXyxy) : null
  await hand(words.thanks, {
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
}

/** The camera's facing keeps the name, with its look-alikes; a photo's has it as long as it is shown. */
function choose(track: number, gtin: string): void {
  if (looking.peek() === 'camera') live.choose(track, gtin)
  else chosen.value = new Map(chosen.value).set(track, gtin)
}

/** Hand a note over and say what became of it. */
async function hand(thanks: string, note: Parameters<typeof sendOrKeep>[0]): Promise<void> {
  try {
    const sent = await sendOrKeep(note)
    say(sent === 'sent' ? thanks : online.peek() ? words.thanksWaits : words.thanksLater)
    tryAgainLater()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    say(words.notTaken(error.message))
  }
}

function alternativeOf(track: number): string | null {
  const facing = snapshot.value.tracks.find((each) => each.id === track)
  return facing?.recognition?.alternatives[0]?.gtin ?? null
}

export async function review(gtin: string, rating: number, text: string): Promise<void> {
  const path = `/v1/products/${gtin}/reviews`
  await hand(words.reviewThanks, { path, json: { rating, text } })
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
  choose(track, gtin)
  await hand(words.thanks, { path, picture, name: name || undefined })
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

/** What waits on the device goes to the service, one after the other, whenever it can be reached. */

import type { Capture, Item, Round } from './kept'
import { Away, begin, bind, KeyNeeded, Refused, sendPicture } from './service'
import {
  captures,
  capturesOf,
  items,
  keepCapture,
  keepItem,
  keepRound,
  needsKey,
  numberOf,
  rounds,
} from './state'

const AGAIN_MS = 5000
let isSending = false
let isAskedAgain = false
let timer: ReturnType<typeof setTimeout> | undefined

/** Send what waits. What the service has is never sent again; what broke off begins anew. */
export async function sendWaiting(): Promise<void> {
  isAskedAgain = true
  if (isSending || !navigator.onLine) return
  isSending = true
  clearTimeout(timer)
  try {
    while (isAskedAgain) {
      isAskedAgain = false
      for (const round of rounds.peek()) await sendRound(round)
    }
    needsKey.value = false
  } catch (error) {
    if (error instanceof KeyNeeded) needsKey.value = true
    else if (!(error instanceof Away)) throw error
    timer = setTimeout(() => void sendWaiting(), AGAIN_MS)
  } finally {
    isSending = false
  }
}

async function sendRound(round: Round): Promise<void> {
  const waiting = captures.peek().filter((c) => c.round === round.id && c.state === 'waiting')
  const done = items.peek().filter((i) => i.round === round.id && i.state === 'done')
  const isNew = round.sentAisles?.length !== round.aisles.length
  if (!isNew && waiting.length === 0 && done.length === 0) return
  if (isNew) await announce(round)
  for (const capture of waiting) await sendCapture(capture)
  for (const item of done) await bindItem(item)
}

/** The answer says what has arrived: an upload whose answer was lost is not done again. */
async function announce(round: Round): Promise<void> {
  const answer = await begin(round)
  const arrived = new Set(answer.captures.map((each) => each.id))
  for (const each of captures.peek()) {
    // Of a barcode the number that was read is wanted, too.
    if (each.state === 'waiting' && each.kind !== 'barcode' && arrived.has(each.id)) {
      await keepCapture({ ...each, state: 'sent', picture: null })
    }
  }
  await keepRound({ ...round, sentAisles: round.aisles })
}

async function sendCapture(before: Capture): Promise<void> {
  const capture = captures.peek().find((each) => each.id === before.id)
  if (capture?.state !== 'waiting' || !capture.picture) return
  try {
    const { capture: judged, code, same_sight_as } = await sendPicture(capture, capture.picture)
    await keepCapture({
      ...capture,
      state: 'sent',
      picture: null,
      faults: judged.faults as Capture['faults'],
      isDouble: capture.isDouble || same_sight_as !== null,
      code: code?.gtin ?? capture.code,
      problem: null,
    })
    const item = items.peek().find((each) => each.id === capture.item)
    if (item && code?.product_name) await keepItem({ ...item, knownAs: code.product_name })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await keepCapture({ ...capture, state: 'refused', problem: error.message })
  }
}

async function bindItem(before: Item): Promise<void> {
  const item = items.peek().find((each) => each.id === before.id) ?? before
  const own = capturesOf(item.id)
  const gtin = numberOf(item)
  if (!gtin || own.some((each) => each.state === 'waiting')) return
  try {
    const sent = own.filter((each) => each.state === 'sent').map((each) => each.id)
    const bound = await bind(item, gtin, sent)
    await keepItem({
      ...item,
      state: bound.findable ? 'bound' : 'refused',
      problem: bound.findable ? null : 'unfit',
    })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await keepItem({ ...item, state: 'refused', problem: error.message })
  }
}

/**
 * What waits for the network, and what happens when it is back: notes are sent, facings that nobody
 * could name are named, records that came from the pack are asked for anew. Nothing else is sent:
 * docs/decisions/0023-what-syncs.md.
 */

import { RecogniserAway } from '../engine/recogniser'
import { nameKept } from './history'
import { say } from './notice'
import { askAgain } from './records'
import { countWaiting, sendWaiting } from './service'
import { history, online, sheet, waitingNotes } from './state'
import { words } from './words'

/** The browser says "online" when there is a network; whether the service answers is another thing. */
const AGAIN_MS = 30_000
let timer: ReturnType<typeof setTimeout> | undefined

/** Sync now, and whenever the network comes back. */
export async function beginSync(): Promise<void> {
  window.addEventListener('online', () => void sync())
  window.addEventListener('offline', () => {
    online.value = false
  })
  await countWaiting()
  await sync()
}

export async function sync(): Promise<void> {
  const was = online.value
  online.value = navigator.onLine
  if (!online.value) return
  const { sent, refused } = await sendWaiting()
  const named = await nameThoseThatWaited()
  const shown = sheet.peek()
  if (shown?.kind === 'product') void askAgain(shown.gtin)
  if (refused) say(words.refused(refused))
  else if (sent) say(words.sent(sent))
  else if (named) say(words.namedLater(named))
  else if (!was) say(words.backOnline)
  tryAgainLater()
}

/** Where something waits although there is a network: the service was away, or wanted a key. */
export function tryAgainLater(): void {
  clearTimeout(timer)
  if (waitingNotes.peek() > 0) timer = setTimeout(() => void sync(), AGAIN_MS)
}

/** Products that were seen or looked up without network, and what they are; how many have a name. */
async function nameThoseThatWaited(): Promise<number> {
  const nameOf = async (gtin: string) => (await askAgain(gtin))?.name ?? null
  const nameless = history.peek().filter((each) => each.name === null)
  const found = await Promise.all(nameless.map(({ gtin }) => nameOf(gtin)))
  const named = found.filter((name) => name !== null).length
  try {
    return named + (await nameKept(nameOf))
  } catch (error) {
    if (error instanceof RecogniserAway) return named // not back after all
    throw error
  }
}

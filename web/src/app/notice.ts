/** A short message at the bottom, and to screen readers. */

import { signal } from '@preact/signals'

/** How long a message stands before one that nobody waits for may follow. */
const STANDS_MS = 6000

/** What is said, and for the how manieth time something is: the same words twice are two messages. */
export const notice = signal({ text: '', turn: 0 })
let saidAtMs = -Infinity

/** Answer what a person has done, at once. */
export function say(text: string): void {
  notice.value = { text, turn: notice.peek().turn + 1 }
  saidAtMs = Date.now()
}

/** Say what nobody waits for, once the message before has been read. */
export function mention(text: string): void {
  const leftMs = saidAtMs + STANDS_MS - Date.now()
  if (leftMs > 0) setTimeout(() => mention(text), leftMs)
  else say(text)
}

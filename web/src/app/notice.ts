/** A short message at the bottom, and to screen readers. */

import { signal } from '@preact/signals'

/** What is said, and for the how manieth time something is: the same words twice are two messages. */
export const notice = signal({ text: '', turn: 0 })

export function say(text: string): void {
  notice.value = { text, turn: notice.peek().turn + 1 }
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { mention, notice, say } from '../src/app/notice'

describe('a notice', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('answers a person at once, the same words twice as two messages', () => {
    const { turn } = notice.value
    say('Thank you.')
    say('Thank you.')
    expect(notice.value).toEqual({ text: 'Thank you.', turn: turn + 2 })
  })

  it('lets an answer be read before it says what nobody waits for', () => {
    say('Thank you.')
    mention('Slow.')
    vi.advanceTimersByTime(5000)
    expect(notice.value.text).toBe('Thank you.')
    say('Sent.')
    vi.advanceTimersByTime(5000)
    expect(notice.value.text).toBe('Sent.')
    vi.advanceTimersByTime(1000)
    expect(notice.value.text).toBe('Slow.')
  })

  it('says it at once where nothing else is to be read', () => {
    vi.advanceTimersByTime(60_000)
    mention('Slow.')
    expect(notice.value.text).toBe('Slow.')
  })
})

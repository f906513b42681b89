import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { gtin14, naturalForm, upcEToUpcA } from '../src/app/gtin'

const golden = JSON.parse(
  readFileSync(new URL('../../tests/golden/shopper.json', import.meta.url), 'utf8'),
) as Record<'numbers' | 'natural' | 'upc_e', Record<string, string | null>>

it('reads numbers as Python does, and says what is wrong with the others', () => {
  for (const [text, gtin] of Object.entries(golden.numbers)) expect(gtin14(text).gtin).toBe(gtin)
  expect(gtin14('').problem).toBe('no-digits')
  expect(gtin14('4006381333932')).toEqual({ gtin: null, problem: 'check-digit', expected: '1' })
})

it('prints and expands them as Python does', () => {
  for (const [gtin, shown] of Object.entries(golden.natural)) expect(naturalForm(gtin)).toBe(shown)
  for (const [text, upcA] of Object.entries(golden.upc_e)) expect(upcEToUpcA(text)).toBe(upcA)
})

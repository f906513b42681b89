import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { judge, type Profile } from '../src/app/judge'
import type { Product } from '../src/pack/record'

const golden = JSON.parse(
  readFileSync(new URL('../../tests/golden/shopper.json', import.meta.url), 'utf8'),
) as { profiles: Profile[]; products: { product: Product; verdicts: unknown[] }[] }

it('judges every product as Python does, in the same words', () => {
  for (const { product, verdicts } of golden.products) {
    golden.profiles.forEach((profile, i) => {
      expect(judge(profile, product)).toEqual(verdicts[i])
    })
  }
})

it('never says fits where nothing is known', () => {
  const product = { gtin: '04006381333931', name: 'Nothing' }
  const profile = { ...golden.profiles[0], avoid: [{ code: 'AM', traces: 'avoid' }] } as Profile
  expect(judge(profile, product).outcome).toBe('unknown')
})

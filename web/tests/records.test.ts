import { signal } from '@preact/signals'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { askAgain, lookUp } from '../src/app/records'
import type { Product } from '../src/pack/record'

const GTIN = '09521034130002'
const answers: ((product: Product | null) => void)[] = []

vi.mock('../src/app/service', () => ({
  Away: class extends Error {},
  fetchProduct: () => new Promise((answered) => answers.push(answered)),
}))
vi.mock('../src/app/device', () => ({ database: async () => ({ put: async () => undefined }) }))
vi.mock('../src/app/state', () => ({
  online: signal(true),
  pack: signal(null),
  products: signal(new Map()),
}))

function priced(cents: number): Product {
  return { gtin: GTIN, price_cents: cents } as unknown as Product
}

describe('records of products', () => {
  beforeEach(() => answers.splice(0))

  it('keep the newer of two answers, whichever comes last', async () => {
    const { products } = await import('../src/app/state')
    const first = lookUp(GTIN)
    await new Promise((passed) => setTimeout(passed, 2))
    const second = askAgain(GTIN)
    await vi.waitFor(() => expect(answers).toHaveLength(2))

    answers[1]?.(priced(200))
    await second
    answers[0]?.(priced(100))

    expect(await first).toMatchObject({ price_cents: 200 })
    expect(products.value.get(GTIN)).toMatchObject({ price_cents: 200 })
  })
})

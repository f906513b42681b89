import { expect, it } from 'vitest'
import { appliesNow, bestGradeOf, type FilterId, inOrder, reasonToDim } from '../src/app/filters'
import { ASKS_NOTHING } from '../src/app/judge'
import type { Offer, Product } from '../src/pack/record'

const graded = (grade: string | null): Product =>
  ({
    gtin: '0',
    name: 'x',
    offers: [],
    knowledge: { nutri_score: { grade } },
  }) as unknown as Product
const why = (product: Product | null, ...filters: FilterId[]) =>
  reasonToDim(product, new Set(filters), ASKS_NOTHING, 'B')

it('without filters nothing is dimmed, not even what is not known', () => {
  expect(why(null)).toBeNull()
})

it('says why something is dimmed; what is not known does not pass', () => {
  expect(why(null, 'on-offer')).toBe('Not known yet')
  expect(why(graded('D'), 'best-score')).toBe('Nutri-Score D; the best here is B')
  expect(why(graded(null), 'best-score')).toBe('Nutri-Score not known')
  expect(why(graded('B'), 'best-score')).toBeNull()
  expect(why(graded('B'), 'best-score', 'on-offer')).toBe('No offer')
  expect(why({ gtin: '0', name: 'x' }, 'gluten-free')).toContain('nothing says')
  expect(why({ gtin: '0', name: 'x' }, 'no-nuts')).toContain('nothing says')
})

it('puts what fits before the rest, the best grade first', () => {
  const items = [graded('D'), graded(null), graded('A')].map((product) => ({
    product,
    dimmed: product === null,
  }))
  const sorted = inOrder(items, new Set<FilterId>(['best-score']))
  expect(sorted.map((each) => each.product.knowledge?.nutri_score?.grade)).toEqual(['A', 'D', null])
  expect(bestGradeOf([null, undefined, graded(null)])).toBeNull()
})

it('counts the last day of an offer, and not the next', () => {
  const offer = { applies: true, valid_until: '2026-11-27' } as Offer
  expect(appliesNow(offer, new Date('2026-11-27T23:00:00Z'))).toBe(true)
  expect(appliesNow(offer, new Date('2026-11-28T01:00:00Z'))).toBe(false)
  expect(appliesNow({ ...offer, applies: false }, new Date('2026-11-01'))).toBe(false)
})

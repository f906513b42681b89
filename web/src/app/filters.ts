/** Filters on the shelf: which facings go into the background, and why. Not known is not safe. */

import type { Offer, Product } from '../pack/record'
import { type Grade, judge, type Profile } from './judge'
import { words } from './words'

export type FilterId = 'my-profile' | 'gluten-free' | 'no-nuts' | 'best-score' | 'on-offer'

const NOTHING = { avoid: [], diets: [], limits: [], worst_grade: null }
const GLUTEN_FREE: Profile = { ...NOTHING, diets: ['gluten_free'] }
const NO_NUTS: Profile = {
  ...NOTHING,
  avoid: [
    { code: 'AN', traces: 'avoid' },
    { code: 'AP', traces: 'avoid' },
  ],
}

/** The grade that is surely reached; null where it is not known. */
export function gradeOf(product: Product | null | undefined): Grade | null {
  return (product?.knowledge?.nutri_score?.grade as Grade | null | undefined) ?? null
}

export function bestGradeOf(products: readonly (Product | null | undefined)[]): Grade | null {
  const grades = products.map(gradeOf).filter((grade) => grade !== null)
  return grades.sort()[0] ?? null
}

/** Whether an offer applies today: what a pack says of it was true when the pack was made. */
export function appliesNow(offer: Offer, today = new Date()): boolean {
  return offer.applies && offer.valid_until >= today.toISOString().slice(0, 10)
}

export function isOnOffer(product: Product): boolean {
  return (product.offers ?? []).some((offer) => appliesNow(offer))
}

/** Why a product goes into the background, in a few words; null where it stays in front. */
export function reasonToDim(
  product: Product | null,
  filters: ReadonlySet<FilterId>,
  profile: Profile,
  best: Grade | null,
): string | null {
  if (filters.size === 0) return null
  if (!product) return words.whyNoRecord
  const judged = (asked: Profile) => {
    const { outcome, reasons } = judge(asked, product)
    return outcome === 'fits' ? null : (reasons[0]?.words ?? null)
  }
  const checks: Readonly<Record<FilterId, () => string | null>> = {
    'my-profile': () => judged(profile),
    'gluten-free': () => judged(GLUTEN_FREE),
    'no-nuts': () => judged(NO_NUTS),
    'best-score': () => {
      const grade = gradeOf(product)
      if (!grade) return words.whyNoScore
      return best && grade > best ? words.whyWorseScore(grade, best) : null
    },
    'on-offer': () => (isOnOffer(product) ? null : words.whyNotOffer),
  }
  for (const filter of filters) {
    const why = checks[filter]()
    if (why) return why
  }
  return null
}

/** Sort what stays in front before the rest, the best Nutri-Score first where that is asked. */
export function inOrder<
  Item extends { readonly product: Product | null; readonly dimmed: boolean },
>(items: readonly Item[], filters: ReadonlySet<FilterId>): readonly Item[] {
  const key = (item: Item) =>
    `${item.dimmed ? 1 : 0}${filters.has('best-score') ? (gradeOf(item.product) ?? 'F') : ''}`
  return [...items].sort((a, b) => key(a).localeCompare(key(b)))
}

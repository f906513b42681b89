/**
 * Whether a product suits a person: facings/catalogue/profile.py, on what the service tells of a
 * product, so that the profile stays on the device. What is not known is never "fits".
 */

import type { Knowledge, Product } from '../pack/record'

export type Diet = 'vegan' | 'vegetarian' | 'no_palm_oil' | 'gluten_free'
export type Limited = 'sugars_g' | 'salt_g' | 'saturated_fat_g' | 'fat_g' | 'energy_kj'
export type Grade = 'A' | 'B' | 'C' | 'D' | 'E'
export type Outcome = 'fits' | 'does_not_fit' | 'unknown'

export interface Profile {
  readonly avoid: readonly { readonly code: string; readonly traces: 'avoid' | 'accept' }[]
  readonly diets: readonly Diet[]
  readonly limits: readonly { readonly nutrient: Limited; readonly most: number }[]
  readonly worst_grade: Grade | null
}

export interface Reason {
  readonly outcome: Outcome
  /** An allergen code, a diet, a nutrient, or `nutri_score`. */
  readonly about: string
  readonly words: string
}

export interface Verdict {
  readonly outcome: Outcome
  /** Worst first; empty where the profile asks nothing. */
  readonly reasons: readonly Reason[]
}

export const ASKS_NOTHING: Profile = { avoid: [], diets: [], limits: [], worst_grade: null }
const WORST_FIRST: readonly Outcome[] = ['does_not_fit', 'unknown', 'fits']
const NAMES_SHOWN = 3
const SALT_PER_SODIUM = 2.5
const KJ_PER_KCAL = 4.184
const MOST_G = 150
const MOST_KJ = 5000

/** Say whether anything is asked. */
export function asks(profile: Profile): boolean {
  const { avoid, diets, limits, worst_grade } = profile
  return avoid.length + diets.length + limits.length > 0 || worst_grade !== null
}

/** Hold a product against a profile. */
export function judge(profile: Profile, product: Product): Verdict {
  const known = product.knowledge ?? null
  const reasons = [
    ...profile.avoid.map((each) => ofAllergen(each.code, each.traces, known)),
    ...profile.diets.map((diet) => ofDiet(diet, known)),
    ...profile.limits.map(({ nutrient, most }) => ofLimit(nutrient, most, product)),
    ...(profile.worst_grade ? [ofGrade(profile.worst_grade, known)] : []),
  ]
  const rank = (reason: Reason) => WORST_FIRST.indexOf(reason.outcome)
  reasons.sort((a, b) => rank(a) - rank(b))
  return { outcome: reasons[0]?.outcome ?? 'fits', reasons }
}

function ofAllergen(code: string, traces: 'avoid' | 'accept', known: Knowledge | null): Reason {
  const found = known?.allergens.find((each) => each.code === code)
  const name = found?.name ?? code
  const because = said(found?.because ?? [])
  const reason = (outcome: Outcome, words: string): Reason => ({ outcome, about: code, words })
  switch (found?.level) {
    case 'contains':
      return reason('does_not_fit', `contains ${name}: ${because}`)
    case 'may_contain':
      return traces === 'avoid'
        ? reason('does_not_fit', `may contain ${name}: ${because}`)
        : reason('fits', `may contain traces of ${name}, which you accept: ${because}`)
    case 'free_from':
      return reason('fits', `free from ${name}: ${because}`)
    default:
      return reason('unknown', `nothing says whether it has ${name}`)
  }
}

function said(because: readonly string[]): string {
  const quotes = because.map((each) => `"${each}"`)
  const shown = quotes.slice(0, NAMES_SHOWN).join(', ')
  return quotes.length <= NAMES_SHOWN ? shown : `${shown} and ${quotes.length - NAMES_SHOWN} more`
}

function ofDiet(diet: Diet, known: Knowledge | null): Reason {
  if (diet === 'gluten_free') return { ...ofAllergen('AW', 'avoid', known), about: diet }
  const palm = diet === 'no_palm_oil'
  const finding = palm ? known?.palm_oil : known?.[diet]
  const value = finding?.value ?? 'unknown'
  const because = (finding?.because ?? []).slice(0, NAMES_SHOWN).join(', ')
  if (value === 'unknown') {
    const why = because ? `not known of ${because}` : 'there is no ingredient list'
    return { outcome: 'unknown', about: diet, words: `${diet.replaceAll('_', ' ')}: ${why}` }
  }
  const holds = value === 'yes'
  const plain = palm
    ? holds
      ? 'holds palm oil'
      : 'holds no palm oil'
    : holds
      ? diet
      : `not ${diet}`
  const words = plain + (because ? `: ${because}` : ', by its ingredient list')
  return { outcome: holds !== palm ? 'fits' : 'does_not_fit', about: diet, words }
}

function ofLimit(nutrient: Limited, most: number, product: Product): Reason {
  const amount = amountOf(nutrient, product.nutrition_per_100 ?? {})
  const unit = nutrient.endsWith('_kj') ? 'kJ' : 'g'
  const name = nutrient.slice(0, nutrient.lastIndexOf('_')).replaceAll('_', ' ')
  if (amount === null) {
    return { outcome: 'unknown', about: nutrient, words: `its ${name} are not known` }
  }
  const words = `${plainNumber(amount)} ${unit} ${name} in 100, your limit is ${plainNumber(most)} ${unit}`
  return { outcome: amount <= most ? 'fits' : 'does_not_fit', about: nutrient, words }
}

/** Six significant digits, as Python's `:g`. */
function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)))
}

function amountOf(nutrient: Limited, per100: Readonly<Record<string, number>>): number | null {
  const found = {
    sugars_g: per100.sugars,
    fat_g: per100.fat,
    saturated_fat_g: per100.saturated_fat,
    salt_g: per100.salt ?? times(per100.sodium, SALT_PER_SODIUM),
    energy_kj: per100.energy_kj ?? times(per100.energy_kcal, KJ_PER_KCAL),
  }[nutrient]
  if (found === undefined) return null
  return found >= 0 && found <= (nutrient === 'energy_kj' ? MOST_KJ : MOST_G) ? found : null
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor
}

/** By the bounds: a product from A to B fits who takes a B, though its grade is open. */
function ofGrade(worst: Grade, known: Knowledge | null): Reason {
  const about = 'nutri_score'
  const score = known?.nutri_score
  if (!score?.best_grade || !score.worst_grade) {
    const words = `Nutri-Score ${score ? score.reason : 'not computed'}`
    return { outcome: 'unknown', about, words }
  }
  const words = `Nutri-Score ${score.reason}`
  if (score.worst_grade <= worst) return { outcome: 'fits', about, words }
  if (score.best_grade > worst) {
    return { outcome: 'does_not_fit', about, words: `${words}, you ask ${worst}` }
  }
  return { outcome: 'unknown', about, words }
}

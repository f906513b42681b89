/** Two products side by side. */

import type { Product } from '../../pack/record'
import { gradeOf } from '../filters'
import { asks, judge } from '../judge'
import { products, profile, sheet } from '../state'
import { amount, money } from '../view'
import { words } from '../words'
import { Grades } from './facts'
import { OutcomeMark } from './marks'
import { Sheet } from './Sheet'

interface Props {
  readonly first: string
  readonly second: string
}

export function CompareSheet({ first, second }: Props) {
  const both = [first, second].map((gtin) => products.value.get(gtin) ?? null)
  return (
    <Sheet
      title={words.compareTitle}
      onClose={() => {
        sheet.value = null
      }}
    >
      <table class="compare">
        <thead>
          <tr>
            <td />
            {both.map((each, i) => (
              <th scope="col" key={i === 0 ? first : second}>
                {each?.name ?? words.loadingProduct}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows(both).map(([name, cell]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {both.map((each, i) => (
                <td key={i === 0 ? first : second}>{each ? cell(each) : '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small">{words.checkPack}</p>
    </Sheet>
  )
}

type Row = readonly [name: string, cell: (product: Product) => preact.ComponentChildren]

function rows(both: readonly (Product | null)[]): readonly Row[] {
  const verdict: Row = [
    words.profile,
    (product) => {
      const { outcome, reasons } = judge(profile.value, product)
      return (
        <>
          <OutcomeMark outcome={outcome} /> {words.outcomes[outcome]}
          <p class="small">{reasons[0]?.words}</p>
        </>
      )
    },
  ]
  return [
    ...(asks(profile.value) ? [verdict] : []),
    [words.price, price],
    [words.nutriScore, (product) => <Grades grade={gradeOf(product)} />],
    [words.levels.contains, (product) => allergens(product, 'contains')],
    [words.levels.may_contain, (product) => allergens(product, 'may_contain')],
    ...Object.entries(words.nutrients)
      .filter(([key]) => both.some((each) => each?.nutrition_per_100?.[key] != null))
      .map(([key, name]): Row => [name, (product) => nutrient(product, key)]),
  ]
}

function price(product: Product): string {
  if (product.price_cents == null || !product.currency) return words.noPrice
  const unit = product.knowledge?.unit_price
  const each = unit
    ? ` (${money(unit.cents, unit.currency)} / ${words.per[unit.per] ?? unit.per})`
    : ''
  return money(product.price_cents, product.currency) + each
}

function allergens(product: Product, level: 'contains' | 'may_contain'): string {
  const found = (product.knowledge?.allergens ?? []).filter((each) => each.level === level)
  return found.map((each) => each.name).join(', ') || words.levels.unknown
}

function nutrient(product: Product, name: string): string {
  const found = product.nutrition_per_100?.[name]
  return found == null ? '–' : amount(found)
}

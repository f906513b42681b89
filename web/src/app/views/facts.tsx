/** The parts of a product sheet: offers, allergens, Nutri-Score, nutrition, ingredients. */

import type { Offer, Product } from '../../pack/record'
import { appliesNow } from '../filters'
import { amount, day } from '../view'
import { words } from '../words'
import { OutcomeMark } from './marks'

interface Props {
  readonly product: Product
}

const LEVELS = ['contains', 'may_contain', 'free_from', 'unknown'] as const
const LEVEL_OUTCOME = {
  contains: 'does_not_fit',
  may_contain: 'unknown',
  free_from: 'fits',
  unknown: 'unknown',
} as const

export function Offers({ product }: Props) {
  const offers = product.offers ?? []
  if (offers.length === 0) return null
  return (
    <section class="offers">
      <h3>{words.offers}</h3>
      <ul>
        {offers.map((offer) => (
          <li key={offer.headline} class={appliesNow(offer) ? 'applies' : ''}>
            <strong>{offer.headline}</strong>
            <span>{appliesNow(offer) ? `${words.offerApplies}: ${offer.why}` : whyNot(offer)}</span>
            <span>{words.offerUntil(day(offer.valid_until))}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** An offer that applied when its pack was made may be over. */
function whyNot(offer: Offer): string {
  return `${words.offerNot}: ${offer.applies ? words.offerOver : offer.why}`
}

export function Allergens({ product }: Props) {
  const all = product.knowledge?.allergens ?? []
  return (
    <section>
      <h3>{words.allergens}</h3>
      <dl class="allergens">
        {LEVELS.map((level) => {
          const found = all.filter((each) => each.level === level)
          if (found.length === 0) return null
          return (
            <div key={level} class={`level level-${level}`}>
              <dt>
                {level !== 'unknown' && <OutcomeMark outcome={LEVEL_OUTCOME[level]} />}
                {words.levels[level]}
              </dt>
              <dd>
                {found.map((each) => each.name).join(', ')}
                {level === 'unknown' && <p class="small">{words.unknownNotSafe}</p>}
              </dd>
            </div>
          )
        })}
      </dl>
    </section>
  )
}

export function Score({ product }: Props) {
  const score = product.knowledge?.nutri_score
  const parts = (score?.components ?? []).filter((each) => each.points != null)
  return (
    <section>
      <h3>{words.nutriScore}</h3>
      <Grades grade={score?.grade ?? null} />
      <p class="small">{score?.reason}</p>
      {parts.length > 0 && (
        <details>
          <summary>{words.nutriParts}</summary>
          <table>
            <tbody>
              {parts.map((each) => (
                <tr key={each.name}>
                  <th scope="row">{each.name}</th>
                  <td>{each.value != null ? `${amount(each.value)} ${each.unit}` : each.note}</td>
                  <td>
                    {each.side === 'positive' ? '−' : '+'}
                    {words.points(each.points ?? 0, each.points_max)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  )
}

export function Grades({ grade }: { readonly grade: string | null }) {
  return (
    <div class="grades" role="img" aria-label={`${words.nutriScore}: ${grade ?? words.noGrade}`}>
      {['A', 'B', 'C', 'D', 'E'].map((each) => (
        <span key={each} class={`grade grade-${each} ${each === grade ? 'is' : ''}`}>
          {each}
        </span>
      ))}
      {!grade && <em>{words.noGrade}</em>}
    </div>
  )
}

export function Nutrition({ product }: Props) {
  const per100 = product.nutrition_per_100 ?? {}
  const serving = product.knowledge?.serving
  const perServing = product.knowledge?.per_serving
  const names = Object.keys(words.nutrients).filter((name) => per100[name] != null)
  if (names.length === 0) return null
  return (
    <section>
      <h3>{words.nutrition}</h3>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{words.per100}</th>
            {serving && perServing && (
              <th scope="col">{words.perServing(`${serving.amount} ${serving.unit}`)}</th>
            )}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{words.nutrients[name]}</th>
              <td>
                {amount(per100[name] ?? 0)} {name.startsWith('energy') ? '' : 'g'}
              </td>
              {serving && perServing && <td>{amount(perServing[name] ?? 0)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

export function Ingredients({ product }: Props) {
  return (
    <section>
      <h3>{words.ingredients}</h3>
      <p>{product.ingredients ?? words.noIngredients}</p>
    </section>
  )
}

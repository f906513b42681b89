/** One round: each aisle with what is covered and what is missing, and what to take again. */

import { useState } from 'preact/hooks'
import { addAisle } from '../actions'
import type { Capture, Round } from '../kept'
import { captures, items } from '../state'
import { words } from '../words'
import { Head } from './Page'
import { Pictures } from './Pictures'

export function RoundPage({ round }: { readonly round: Round }) {
  const own = captures.value.filter((each) => each.round === round.id)
  const again = own.filter((each) => each.faults.length > 0)
  const named = new Set([...round.aisles, ...own.map((each) => each.aisle)])
  const products = items.value.filter((each) => each.round === round.id && each.state === 'bound')
  return (
    <>
      <Head title={round.store} back="#" />
      <p>
        {words.pictures(own.length)}, {words.products(products.length)}
      </p>
      <ul class="cards">
        {[...named].sort(byAisle(round)).map((aisle) => (
          <li key={aisle}>
            <AisleCard round={round} aisle={aisle} captures={own} />
          </li>
        ))}
        {!named.has('') && (
          <li>
            <AisleCard round={round} aisle="" captures={own} />
          </li>
        )}
      </ul>
      <NewAisle round={round} />
      {own.some((each) => each.item === null && each.state === 'sent') && (
        <a class="card" href={`#label/${round.id}`}>
          <strong>{words.label}</strong>
        </a>
      )}
      {again.length > 0 && (
        <section aria-labelledby="again">
          <h2 id="again">{words.again}</h2>
          <Pictures captures={again} />
        </section>
      )}
    </>
  )
}

function byAisle(round: Round): (one: string, other: string) => number {
  const place = (aisle: string) => (aisle ? round.aisles.indexOf(aisle) : round.aisles.length)
  return (one, other) => place(one) - place(other)
}

interface CardProps {
  readonly round: Round
  readonly aisle: string
  readonly captures: readonly Capture[]
}

function AisleCard({ round, aisle, captures: all }: CardProps) {
  const fit = all.filter((each) => each.aisle === aisle && each.faults.length === 0)
  const counts = {
    far: fit.filter((each) => each.kind === 'shelf far').length,
    near: fit.filter((each) => each.kind === 'shelf near').length,
    products: items.value.filter(
      (each) =>
        each.round === round.id &&
        each.aisle === aisle &&
        (each.state === 'bound' || each.state === 'done'),
    ).length,
  }
  return (
    <a class="card" href={`#aisle/${round.id}/${encodeURIComponent(aisle)}`}>
      <strong>{aisle || words.elsewhere}</strong>
      <span class="parts">
        {(['far', 'near', 'products'] as const).map((part) => (
          <span key={part} class={counts[part] ? 'covered' : 'missing'}>
            <span aria-hidden="true">{counts[part] ? '✓' : '○'}</span> {words.parts[part]}{' '}
            {counts[part] || <span class="visually-hidden">{words.missing}</span>}
          </span>
        ))}
      </span>
    </a>
  )
}

function NewAisle({ round }: { readonly round: Round }) {
  const [name, setName] = useState('')
  return (
    <form
      class="beside"
      onSubmit={(event) => {
        event.preventDefault()
        void addAisle(round, name)
        setName('')
      }}
    >
      <label>
        {words.aisleName}
        <input
          value={name}
          maxLength={64}
          autoComplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit">{words.addAisle}</button>
    </form>
  )
}

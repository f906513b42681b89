/** The whole page: where the person is, what waits, and what went wrong. */

import { rememberKey } from '../actions'
import { items, needsKey, notice, online, place, reviews, rounds, waiting } from '../state'
import { words } from '../words'
import { Aisle } from './Aisle'
import { Begin } from './Begin'
import { ItemPage } from './ItemPage'
import { LabelPage, QueuePage } from './LabelPage'
import { ReviewSheet } from './ReviewSheet'
import { RoundPage } from './RoundPage'

export function Page() {
  return (
    <>
      {!online.value && (
        <p class="offline" role="status">
          {words.offline}
        </p>
      )}
      <main class="collect">
        {needsKey.value && <KeyForm />}
        <Here />
      </main>
      {reviews.value.length > 0 && <ReviewSheet key={reviews.value.length} />}
      <p class="notice" role="status">
        <span key={notice.value}>{notice.value}</span>
      </p>
    </>
  )
}

function Here() {
  const [kind, id, name] = place.value.slice(1).split('/').map(decodeURIComponent)
  const item = kind === 'item' ? items.value.find((each) => each.id === id) : undefined
  if (item) return <ItemPage key={item.id} item={item} />
  const round = rounds.value.find((each) => each.id === id)
  if (round && kind === 'aisle') return <Aisle round={round} aisle={name ?? ''} />
  if (round && kind === 'label' && name)
    return <LabelPage key={name} round={round} capture={name} />
  if (round && kind === 'label') return <QueuePage key={round.id} round={round} />
  if (round && kind === 'round') return <RoundPage round={round} />
  return <Begin />
}

function KeyForm() {
  return (
    <form
      class="trouble"
      onSubmit={(event) => {
        event.preventDefault()
        rememberKey(String(new FormData(event.currentTarget).get('key')))
      }}
    >
      <p role="alert">{words.needsKey}</p>
      <label>
        {words.key}
        <input name="key" type="password" autoComplete="off" required />
      </label>
      <button type="submit">{words.useKey}</button>
    </form>
  )
}

interface HeadProps {
  readonly title: string
  readonly back: string
}

/** The way back, where one is, and what still waits on this phone. */
export function Head({ title, back }: HeadProps) {
  return (
    <header class="collect-head">
      <a href={back} aria-label={words.back}>
        ←
      </a>
      <h1>{title}</h1>
      <p class="small" role="status" data-waiting={waiting.value}>
        {waiting.value ? words.waiting(waiting.value) : words.allSent}
      </p>
    </header>
  )
}

/** Everything about one product, what matters most first. */

import { useEffect, useState } from 'preact/hooks'
import type { Product } from '../../pack/record'
import { correct, openProduct } from '../actions'
import { gtin14 } from '../gtin'
import { asks, judge } from '../judge'
import { askAgain, lookUp } from '../records'
import { Away, fetchInstead, fetchPicture, type Instead } from '../service'
import { comparing, looking, online, products, profile, sheet, snapshot } from '../state'
import { money } from '../view'
import { words } from '../words'
import { Allergens, Ingredients, Nutrition, Offers, Score } from './facts'
import { OutcomeMark } from './marks'
import { Reviews } from './Reviews'
import { Sheet } from './Sheet'

interface Props {
  readonly gtin: string
  readonly track: number | null
}

const ASK_EVERY_MS = 5000

const close = () => {
  sheet.value = null
}

export function ProductSheet({ gtin, track }: Props) {
  const product = products.value.get(gtin)
  // A record that did not come, or came from the pack, is asked for until the service has told it.
  useEffect(() => {
    const timer = setInterval(() => void lookUp(gtin), ASK_EVERY_MS)
    return () => clearInterval(timer)
  }, [gtin])
  if (!product) {
    return (
      <Sheet title={gtin} onClose={close}>
        <Missing gtin={gtin} nothing={product === null} />
      </Sheet>
    )
  }
  return (
    <Sheet title={product.name} onClose={close}>
      <Head product={product} />
      <VerdictOf product={product} />
      <Offers product={product} />
      <Allergens product={product} />
      <Score product={product} />
      <Nutrition product={product} />
      <Ingredients product={product} />
      <Alternatives product={product} />
      <Reviews product={product} />
      <div class="actions">
        <button
          type="button"
          onClick={() => {
            comparing.value = gtin
            close()
          }}
        >
          {words.compareWith}
        </button>
      </div>
      {track !== null && <NotThis track={track} gtin={gtin} />}
      <p class="small">
        {words.checkPack} {product.attribution}
      </p>
    </Sheet>
  )
}

function Missing({ gtin, nothing }: { readonly gtin: string; readonly nothing: boolean }) {
  const text = nothing ? words.noRecord : online.value ? words.loadingProduct : words.askNetwork
  return (
    <>
      <p role="status">{text}</p>
      {!nothing && (
        <button type="button" onClick={() => void askAgain(gtin)}>
          {words.again}
        </button>
      )}
    </>
  )
}

function Head({ product }: { readonly product: Product }) {
  const unit = product.knowledge?.unit_price
  return (
    <div class="head">
      <Picture product={product} />
      <div>
        <p class="brand">{product.brand}</p>
        <p>{[product.variant, product.net_content].filter(Boolean).join(' · ')}</p>
        <p class="price">
          {product.price_cents != null && product.currency ? (
            <>
              <strong>{money(product.price_cents, product.currency)}</strong>
              {unit && (
                <span>
                  {money(unit.cents, unit.currency)} / {words.per[unit.per] ?? unit.per}
                </span>
              )}
            </>
          ) : (
            words.noPrice
          )}
        </p>
        <p class="small">{product.gtin_printed}</p>
      </div>
    </div>
  )
}

export function Picture({ product }: { readonly product: Product }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    let shown: string | null = null
    let isGone = false
    fetchPicture(product.gtin).then(
      (found) => {
        shown = found
        if (isGone && found) URL.revokeObjectURL(found)
        else setUrl(found)
      },
      (error) => {
        if (!(error instanceof Away)) throw error
      },
    )
    return () => {
      isGone = true
      if (shown) URL.revokeObjectURL(shown)
    }
  }, [product.gtin])
  return url ? (
    <img class="picture" src={url} alt={words.pictureOf(product.name)} />
  ) : (
    <div class="picture empty" aria-hidden="true">
      {(product.brand ?? product.name).slice(0, 1)}
    </div>
  )
}

export function VerdictOf({ product }: { readonly product: Product }) {
  if (!asks(profile.value)) {
    return (
      <div class="verdict">
        <p>{words.noProfile}</p>
        <button
          type="button"
          onClick={() => {
            sheet.value = { kind: 'profile' }
          }}
        >
          {words.setProfile}
        </button>
      </div>
    )
  }
  const { outcome, reasons } = judge(profile.value, product)
  return (
    <section class={`verdict verdict-${outcome}`} aria-label={words.profile}>
      <h3>
        <OutcomeMark outcome={outcome} /> {words.outcomes[outcome]}
      </h3>
      <ul>
        {reasons.map((each) => (
          <li key={each.about}>
            <OutcomeMark outcome={each.outcome} />
            <span>{each.words}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Alternatives({ product }: { readonly product: Product }) {
  const [found, setFound] = useState<readonly Instead[] | 'away' | null>(null)
  useEffect(() => {
    setFound(null)
    fetchInstead(product.gtin, profile.peek()).then(setFound, () => setFound('away'))
  }, [product.gtin])
  if (found === null) return null
  return (
    <section>
      <h3>{words.alternatives}</h3>
      {found === 'away' && <p>{words.alternativesOffline}</p>}
      {found !== 'away' && found.length === 0 && <p>{words.noAlternatives}</p>}
      {found !== 'away' && found.length > 0 && (
        <ul class="cards">
          {found.map((each) => (
            <li key={each.product.gtin}>
              <button type="button" onClick={() => openProduct(each.product.gtin)}>
                <strong>{each.product.name}</strong>
                <span>{each.why}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function NotThis({ track, gtin }: { readonly track: number; readonly gtin: string }) {
  const [others] = useState(() => {
    const facing = snapshot.value.tracks.find((each) => each.id === track)
    return (facing?.recognition?.alternatives ?? []).filter((each) => each.gtin !== gtin)
  })
  const [sendsPicture, setSendsPicture] = useState(false)
  const is = (other: string | null) => {
    void correct(track, other, sendsPicture)
    close()
  }
  return (
    <details class="not-this">
      <summary>{words.notThis}</summary>
      <p>{words.notThisWhat}</p>
      {looking.value === 'camera' && (
        <label class="toggle">
          <input
            type="checkbox"
            checked={sendsPicture}
            onChange={(event) => setSendsPicture(event.currentTarget.checked)}
          />
          {words.sendPicture}
        </label>
      )}
      <ul class="cards">
        {others.slice(0, 4).map((each) => (
          <li key={each.gtin}>
            <button type="button" onClick={() => is(each.gtin)}>
              <NameOf gtin={each.gtin} name={each.name} />
            </button>
          </li>
        ))}
      </ul>
      <NumberField action={words.sendReview} onGtin={is} />
      <button type="button" onClick={() => is(null)}>
        {words.sayOnlyNot}
      </button>
    </details>
  )
}

/** The name of a product, looked up where it is not known. */
export function NameOf({ gtin, name }: { readonly gtin: string; readonly name: string | null }) {
  const known = products.value.get(gtin)?.name ?? name
  useEffect(() => {
    if (!known) void askAgain(gtin)
  }, [gtin, known])
  return <span>{known ?? gtin}</span>
}

interface NumberProps {
  readonly action: string
  readonly onGtin: (gtin: string) => void
}

/** A typed GTIN with its check digit held to. */
export function NumberField({ action, onGtin }: NumberProps) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  return (
    <form
      class="number"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const answer = gtin14(text)
        if (answer.gtin) {
          setProblem(null)
          onGtin(answer.gtin)
        } else if (answer.problem === 'check-digit') {
          setProblem(words.gtinProblems['check-digit'](answer.expected))
        } else if (answer.problem) {
          setProblem(words.gtinProblems[answer.problem])
        }
      }}
    >
      <label>
        {words.gtinLabel}
        <input
          inputMode="numeric"
          autoComplete="off"
          value={text}
          aria-invalid={problem !== null}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">{action}</button>
      <p role="alert" class="problem">
        {problem}
      </p>
    </form>
  )
}

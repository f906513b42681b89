/** One product: its barcode, its sides, its name; then scans find it. */

import { useState } from 'preact/hooks'
import { gtin14, naturalForm } from '../../app/gtin'
import { words as shopper } from '../../app/words'
import { beginItem, finish, takeOf } from '../actions'
import type { Item } from '../kept'
import { scan } from '../service'
import { capturesOf, keepItem, numberOf } from '../state'
import { words } from '../words'
import { Head } from './Page'
import { Pictures, Take } from './Pictures'

export function ItemPage({ item }: { readonly item: Item }) {
  const round = `#aisle/${item.round}/${encodeURIComponent(item.aisle)}`
  return (
    <>
      <Head title={item.knownAs ?? (item.name || words.product)} back={round} />
      <BarcodeStep item={item} />
      <ViewsStep item={item} />
      <NameStep item={item} />
      <End item={item} />
    </>
  )
}

function BarcodeStep({ item }: { readonly item: Item }) {
  const codes = capturesOf(item.id).filter((each) => each.kind === 'barcode')
  const number = numberOf(item)
  const isRead = codes.some((each) => each.code)
  const isReading = !isRead && codes.some((each) => each.state === 'waiting')
  return (
    <section aria-labelledby="barcode">
      <h2 id="barcode">{words.step(1, words.barcodeStep)}</h2>
      {number ? (
        <p class="number-read" role="status">
          <span class="small">{words.readNumber}</span> <strong>{naturalForm(number)}</strong>{' '}
          <span class="good">✓ {isRead ? words.checkRight : words.typedNumber}</span>
        </p>
      ) : (
        <p role="status">
          {codes.length === 0 ? words.barcodeHelp : isReading ? words.reading : words.noNumber}
        </p>
      )}
      <Pictures captures={codes} />
      <Take isMain={codes.length === 0} onFiles={(files) => void takeOf(item.id, 'barcode', files)}>
        {words.takeBarcode}
      </Take>
      {codes.length > 0 && !isRead && <Digits item={item} />}
    </section>
  )
}

/** The last way to the number: typed, its check digit held to. */
function Digits({ item }: { readonly item: Item }) {
  const [problem, setProblem] = useState('')
  const use = (text: string) => {
    const answer = gtin14(text)
    if (answer.gtin) {
      setProblem('')
      void keepItem({ ...item, typed: answer.gtin })
    } else if (answer.problem === 'check-digit') {
      setProblem(shopper.gtinProblems['check-digit'](answer.expected))
    } else if (answer.problem) {
      setProblem(shopper.gtinProblems[answer.problem])
    }
  }
  return (
    <form
      class="beside"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        use(String(new FormData(event.currentTarget).get('digits')))
      }}
    >
      <label>
        {words.typed}
        <input name="digits" inputMode="numeric" autoComplete="off" aria-invalid={problem !== ''} />
      </label>
      <button type="submit">{words.useDigits}</button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  )
}

function ViewsStep({ item }: { readonly item: Item }) {
  const views = capturesOf(item.id).filter((each) => each.kind === 'product')
  return (
    <section aria-labelledby="views">
      <h2 id="views">{words.step(2, words.viewsStep)}</h2>
      <p>{words.viewsHelp}</p>
      <Pictures captures={views} />
      <Take onFiles={(files) => void takeOf(item.id, 'product', files)}>{words.takeView}</Take>
    </section>
  )
}

function NameStep({ item }: { readonly item: Item }) {
  return (
    <section aria-labelledby="name">
      <h2 id="name">{words.step(3, words.nameStep)}</h2>
      {item.knownAs ? (
        <p>{words.known(item.knownAs)}</p>
      ) : (
        <label>
          {words.name}
          <input
            value={item.name}
            maxLength={200}
            autoComplete="off"
            onInput={(event) => void keepItem({ ...item, name: event.currentTarget.value })}
          />
        </label>
      )}
    </section>
  )
}

function End({ item }: { readonly item: Item }) {
  const hasView = capturesOf(item.id).some(
    (each) => each.kind === 'product' && each.faults.length === 0,
  )
  const missing = numberOf(item) ? (hasView ? null : 'view') : 'number'
  const refused = item.problem === 'unfit' ? words.unfit : item.problem
  return (
    <section class="end" data-state={item.state}>
      {item.state === 'bound' && <p class="good">✓ {words.itemStates.bound}</p>}
      {item.state === 'done' && <p role="status">{words.itemStates.done}</p>}
      {refused && (
        <p class="problem" role="alert">
          {words.itemStates.refused}: {refused}
        </p>
      )}
      {item.state === 'bound' ? (
        <Found item={item} />
      ) : (
        <>
          {missing && <p class="small">{words.doneHelp[missing]}</p>}
          <button
            type="button"
            class="primary"
            disabled={missing !== null || item.state === 'done'}
            onClick={() => void finish(item.id)}
          >
            {words.done}
          </button>
        </>
      )}
    </section>
  )
}

/** The proof: a photo of the shelf in which the product is told. */
function Found({ item }: { readonly item: Item }) {
  const [told, setTold] = useState('')
  const trial = async (file: File | undefined) => {
    const number = numberOf(item)
    if (!file || !number) return
    setTold(words.trying)
    try {
      setTold(words.found(...(await scan(file, number))))
    } catch {
      setTold(words.cannotTry)
    }
  }
  return (
    <>
      <Take onFiles={(files) => void trial(files[0])}>{words.tryIt}</Take>
      <p role="status" class="told">
        {told}
      </p>
      <button type="button" class="primary" onClick={() => void beginItem(item.round, item.aisle)}>
        {words.next}
      </button>
    </>
  )
}

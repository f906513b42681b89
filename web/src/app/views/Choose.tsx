/** Facings that Facings is not sure of: choose, or say what it is. */

import { useState } from 'preact/hooks'
import { correct, enrol, openProduct } from '../actions'
import { sheet, snapshot } from '../state'
import { words } from '../words'
import { NameOf, NumberField, Picture } from './ProductSheet'
import { Sheet } from './Sheet'

interface Props {
  readonly track: number
}

const close = () => {
  sheet.value = null
}

export function ChooseSheet({ track }: Props) {
  // As it was when it was tapped: the phone moves while its owner reads.
  const [others] = useState(
    () => snapshot.value.tracks.find((each) => each.id === track)?.recognition?.alternatives ?? [],
  )
  return (
    <Sheet title={words.chooseTitle} onClose={close}>
      <p>{words.chooseHelp}</p>
      <ul class="cards choices">
        {others.map((each) => (
          <li key={each.gtin}>
            <button
              type="button"
              onClick={() => {
                void correct(track, each.gtin)
                openProduct(each.gtin, track)
              }}
            >
              <Picture product={{ gtin: each.gtin, name: each.name ?? each.gtin }} />
              <NameOf gtin={each.gtin} name={each.name} />
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => {
          sheet.value = { kind: 'unknown', track }
        }}
      >
        {words.noneOfThese}
      </button>
    </Sheet>
  )
}

export function UnknownSheet({ track }: Props) {
  const [name, setName] = useState('')
  return (
    <Sheet title={words.unknownTitle} onClose={close}>
      <p>{words.unknownHelp}</p>
      <section>
        <h3>{words.enrol}</h3>
        <p class="small">{words.enrolHelp}</p>
        <label>
          {words.productName}
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <NumberField
          action={words.sendReview}
          onGtin={(gtin) => {
            void enrol(track, gtin, name)
            close()
          }}
        />
      </section>
      <button
        type="button"
        onClick={() => {
          sheet.value = { kind: 'barcode' }
        }}
      >
        {words.barcode}
      </button>
    </Sheet>
  )
}

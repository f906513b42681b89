/** Rounds to go on with, and the form of a new one: shop, person, consent. */

import { useState } from 'preact/hooks'
import { remembered } from '../../app/device'
import { beginRound } from '../actions'
import { rounds } from '../state'
import { words } from '../words'

const known = remembered('collector', { person: '', consent: '' })

export function Begin() {
  return (
    <>
      <h1>{words.title}</h1>
      <p>{words.explain}</p>
      {rounds.value.length > 0 && (
        <section aria-labelledby="go-on">
          <h2 id="go-on">{words.goOn}</h2>
          <ul class="cards">
            {[...rounds.value].reverse().map((each) => (
              <li key={each.id}>
                <a class="card" href={`#round/${each.id}`}>
                  <strong>{each.store}</strong>
                  <span class="small">
                    {each.person}, {each.startedAt.slice(0, 10)}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <NewRound />
      <p class="small">{words.privacy}</p>
    </>
  )
}

function NewRound() {
  const [problem, setProblem] = useState('')
  const submit = (form: HTMLFormElement) => {
    const said = new FormData(form)
    const text = (name: string) => String(said.get(name) ?? '').trim()
    const [store, person, consent] = [text('store'), text('person'), text('consent')]
    if (!store || !person || !consent) {
      setProblem(words.missingField)
      return
    }
    const aisles = text('aisles')
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
    const keepsFaces = said.has('faces')
    void beginRound({ store, person, consent, aisles: [...new Set(aisles)], keepsFaces })
  }
  return (
    <form
      noValidate
      aria-labelledby="new-round"
      onSubmit={(event) => {
        event.preventDefault()
        submit(event.currentTarget)
      }}
    >
      <h2 id="new-round">{words.newRound}</h2>
      <label>
        {words.store}
        <input name="store" maxLength={64} autoComplete="organization" />
      </label>
      <label>
        {words.person}
        <input name="person" maxLength={64} defaultValue={known.person} autoComplete="name" />
      </label>
      <label>
        {words.consent}
        <input name="consent" maxLength={500} defaultValue={known.consent} aria-describedby="why" />
      </label>
      <p class="small" id="why">
        {words.consentHelp}
      </p>
      <label>
        {words.aisles}
        <input name="aisles" autoComplete="off" />
      </label>
      <label class="toggle">
        <input name="faces" type="checkbox" /> {words.keepFaces}
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="primary">
        {words.begin}
      </button>
    </form>
  )
}

/** Before the camera: what this is, and every way in; and what to do where a camera fails. */

import { useState } from 'preact/hooks'
import { scanPhoto, startCamera } from '../actions'
import { cameraFailure, listOpen, sheet } from '../state'
import { words } from '../words'
import { Icon } from './marks'

export function Start() {
  const failure = cameraFailure.value
  const [doing, setDoing] = useState<string | null>(null)
  const photo = async (file: File | undefined) => {
    if (!file) return
    setDoing(words.photoLooking)
    try {
      await scanPhoto(file, new AbortController().signal)
      listOpen.value = true
    } catch (error) {
      setDoing(error instanceof Error ? error.message : words.trouble)
    }
  }
  return (
    <main class="start">
      <div class="hero" aria-hidden="true">
        <span class="pack p1" />
        <span class="pack p2" />
        <span class="pack p3" />
        <span class="board" />
      </div>
      <h1>{words.promise}</h1>
      {failure ? (
        <div class="trouble" role="alert">
          <h2>{words.camera[failure].title}</h2>
          <p>{words.camera[failure].help}</p>
        </div>
      ) : (
        <p>{words.explain}</p>
      )}
      <button type="button" class="primary" onClick={() => void startCamera()}>
        {failure ? words.again : words.startCamera}
      </button>
      <ul class="ways" aria-label={words.otherWays}>
        <li>
          <label class="way">
            <Icon name="photo" />
            {words.photo}
            <input
              type="file"
              accept="image/*"
              class="visually-hidden"
              onChange={(event) => void photo(event.currentTarget.files?.[0])}
            />
          </label>
        </li>
        <Way icon="barcode" text={words.barcode} kind="barcode" />
        <Way icon="number" text={words.typeNumber} kind="number" />
        <Way icon="profile" text={words.profile} kind="profile" />
        <Way icon="history" text={words.history} kind="history" />
        <Way icon="settings" text={words.settings} kind="settings" />
      </ul>
      <p role="status">{doing}</p>
      <p class="small">{words.privacy}</p>
    </main>
  )
}

interface WayProps {
  readonly icon: 'barcode' | 'number' | 'profile' | 'history' | 'settings'
  readonly text: string
  readonly kind: 'barcode' | 'number' | 'profile' | 'history' | 'settings'
}

function Way({ icon, text, kind }: WayProps) {
  return (
    <li>
      <button
        type="button"
        class="way"
        onClick={() => {
          sheet.value = { kind }
        }}
      >
        <Icon name={icon} />
        {text}
      </button>
    </li>
  )
}

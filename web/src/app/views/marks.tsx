/** Signs whose shape says what their colour says too: states of facings, verdicts, allergens. */

import type { TrackState } from '../../types'
import type { Outcome } from '../judge'

const STATE_SHAPES: Readonly<Record<TrackState, preact.JSX.Element>> = {
  finding: <path d="M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5" class="line" />,
  recognising: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M8 12h.1M12 12h.1M16 12h.1" class="sign" />
    </>
  ),
  recognised: (
    <>
      <circle cx="12" cy="12" r="10" />
      <path d="M7 12.5l3.5 3.5L17 9" class="sign" />
    </>
  ),
  ambiguous: (
    <>
      <path d="M12 1l11 11-11 11L1 12z" />
      <path d="M9 9.5a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17h.1" class="sign" />
    </>
  ),
  unknown: (
    <>
      <rect x="2.5" y="2.5" width="19" height="19" rx="2" />
      <path d="M12 7v10M7 12h10" class="sign" />
    </>
  ),
  waiting: (
    <>
      <circle cx="12" cy="12" r="8" />
      <path d="M12 7.5V12l3 2" class="sign" />
    </>
  ),
}

export function StateMark({ state }: { readonly state: TrackState }) {
  return (
    <svg class={`mark state-${state}`} viewBox="0 0 24 24" aria-hidden="true">
      {STATE_SHAPES[state]}
    </svg>
  )
}

const OUTCOME_SHAPES: Readonly<Record<Outcome, preact.JSX.Element>> = {
  fits: (
    <>
      <circle cx="12" cy="12" r="11" />
      <path d="M7 12.5l3.5 3.5L17 9" class="sign" />
    </>
  ),
  does_not_fit: (
    <>
      <path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" />
      <path d="M8 8l8 8M16 8l-8 8" class="sign" />
    </>
  ),
  unknown: (
    <>
      <path d="M12 1l11.5 21H.5z" />
      <path d="M12 9v6M12 18.5h.1" class="sign" />
    </>
  ),
}

export function OutcomeMark({ outcome }: { readonly outcome: Outcome }) {
  return (
    <svg class={`mark outcome-${outcome}`} viewBox="0 0 24 24" aria-hidden="true">
      {OUTCOME_SHAPES[outcome]}
    </svg>
  )
}

const ICONS = {
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.1M4 12h.1M4 18h.1',
  photo: 'M4 6h4l2-2h4l2 2h4v13H4zM12 9a4 4 0 1 0 .1 0',
  barcode: 'M4 5v14M8 5v14M11 5v14M15 5v14M18 5v14M21 5v14',
  number: 'M9 4L7 20M17 4l-2 16M4 9h17M3 15h17',
  profile: 'M12 4a4 4 0 1 0 .1 0M4 21c0-5 4-7 8-7s8 2 8 7',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4v6M9 14v6',
  help: 'M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 2.2M12 18h.1M12 2a10 10 0 1 0 .1 0',
  close: 'M6 6l12 12M18 6L6 18',
  stop: 'M6 6h12v12H6z',
  torch: 'M7 3h10v4l-2 4v10H9V11L7 7zM7 7h10M12 13v3',
  history: 'M12 3a9 9 0 1 1-8 5M4 3v5h5M12 7v5l3 2',
} as const

export function Icon({ name }: { readonly name: keyof typeof ICONS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  )
}

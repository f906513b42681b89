/** What each mark means. */

import type { TrackState } from '../../types'
import { sheet } from '../state'
import { words } from '../words'
import { StateMark } from './marks'
import { Sheet } from './Sheet'

const STATES = Object.keys(words.states) as TrackState[]

export function LegendSheet() {
  return (
    <Sheet
      title={words.legend}
      onClose={() => {
        sheet.value = null
      }}
    >
      <ul class="legend">
        {STATES.map((state) => (
          <li key={state}>
            <StateMark state={state} /> {words.states[state]}
          </li>
        ))}
      </ul>
      <p>{words.explain}</p>
      <p class="small">{words.privacy}</p>
    </Sheet>
  )
}

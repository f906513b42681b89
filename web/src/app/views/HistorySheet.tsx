/** Products seen before, by day. */

import { openProduct } from '../actions'
import type { Seen } from '../device'
import { clearHistory } from '../history'
import { history, sheet } from '../state'
import { day, time } from '../view'
import { words } from '../words'
import { Sheet } from './Sheet'

export function HistorySheet() {
  const days = new Map<string, Seen[]>()
  for (const each of history.value) {
    const name = day(each.at)
    days.set(name, [...(days.get(name) ?? []), each])
  }
  return (
    <Sheet
      title={words.history}
      onClose={() => {
        sheet.value = null
      }}
    >
      <p class="small">{words.historyKept}</p>
      {history.value.length === 0 && <p>{words.historyEmpty}</p>}
      {[...days].map(([name, seen]) => (
        <section key={name}>
          <h3>{name}</h3>
          <ul class="plain">
            {seen.map((each) => (
              <Item key={each.gtin} seen={each} />
            ))}
          </ul>
        </section>
      ))}
      {history.value.length > 0 && (
        <button type="button" onClick={() => void clearHistory()}>
          {words.historyClear}
        </button>
      )}
    </Sheet>
  )
}

function Item({ seen: { gtin, name, at } }: { readonly seen: Seen }) {
  return (
    <li>
      <button type="button" class="row seen" onClick={() => openProduct(gtin)}>
        <span>{name ?? gtin}</span>
        <span class="small">{time(at)}</span>
      </button>
    </li>
  )
}

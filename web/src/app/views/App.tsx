/** The whole app: the start or the shelf, one sheet over it, and what is said aloud. */

import { spoken } from '../announce'
import { notice } from '../notice'
import { ageDays } from '../packs'
import { looking, online, pack, sheet } from '../state'
import { words } from '../words'
import { ChooseSheet, UnknownSheet } from './Choose'
import { CompareSheet } from './CompareSheet'
import { HistorySheet } from './HistorySheet'
import { LegendSheet } from './LegendSheet'
import { BarcodeSheet, NumberSheet } from './LookUpSheets'
import { ProductSheet } from './ProductSheet'
import { ProfileSheet } from './ProfileSheet'
import { SettingsSheet } from './SettingsSheet'
import { Shelf } from './Shelf'
import { Start } from './Start'

export function App() {
  return (
    <>
      {!online.value && <Offline />}
      {looking.value === 'nothing' ? <Start /> : <Shelf />}
      <Shown />
      <p class="notice" role="status">
        <span key={notice.value.turn}>{notice.value.text}</span>
      </p>
      <p class="visually-hidden" aria-live="polite">
        {spoken.value}
      </p>
    </>
  )
}

function Offline() {
  const head = pack.value?.file.head
  return (
    <p class="offline" role="status">
      {head ? words.offlineWithPack(words.age(ageDays(head.created_at))) : words.offlineWithoutPack}
    </p>
  )
}

function Shown() {
  const now = sheet.value
  switch (now?.kind) {
    case 'product':
      return <ProductSheet key={now.gtin} gtin={now.gtin} track={now.track} />
    case 'choose':
      return <ChooseSheet key={now.track} track={now.track} />
    case 'unknown':
      return <UnknownSheet key={now.track} track={now.track} />
    case 'compare':
      return <CompareSheet first={now.first} second={now.second} />
    case 'profile':
      return <ProfileSheet />
    case 'settings':
      return <SettingsSheet />
    case 'legend':
      return <LegendSheet />
    case 'history':
      return <HistorySheet />
    case 'number':
      return <NumberSheet />
    case 'barcode':
      return <BarcodeSheet />
    default:
      return null
  }
}

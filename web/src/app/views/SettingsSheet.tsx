/** Switches, and the pack for shops without network. */

import { useEffect, useState } from 'preact/hooks'
import { ageDays, downloadPack, keptEtag, removePack } from '../packs'
import { fetchPacks, type PackOffer } from '../service'
import { pack, settings, sheet, waitingNotes } from '../state'
import { sync } from '../sync'
import { megabytes } from '../view'
import { words } from '../words'
import { Toggle } from './ProfileSheet'
import { Sheet } from './Sheet'

const SWITCHES = ['haptic', 'sound', 'spoken'] as const

export function SettingsSheet() {
  return (
    <Sheet
      title={words.settings}
      onClose={() => {
        sheet.value = null
      }}
    >
      <section>
        {SWITCHES.map((name) => (
          <Toggle
            key={name}
            label={words[name]}
            on={settings.value[name]}
            set={(on) => {
              settings.value = { ...settings.value, [name]: on }
            }}
          />
        ))}
      </section>
      <Packs />
      <section>
        <form onSubmit={(event) => event.preventDefault()}>
          <label>
            {words.key}
            <input
              type="password"
              autoComplete="off"
              value={settings.value.key}
              onChange={(event) => {
                settings.value = { ...settings.value, key: event.currentTarget.value.trim() }
                void sync()
              }}
            />
          </label>
        </form>
        {waitingNotes.value > 0 && <p>{words.waiting(waitingNotes.value)}</p>}
      </section>
    </Sheet>
  )
}

function Packs() {
  const [offers, setOffers] = useState<readonly PackOffer[]>([])
  const [etag, setEtag] = useState<string | null>(null)
  const [share, setShare] = useState<number | null>(null)
  const [failed, setFailed] = useState(false)
  const head = pack.value?.file.head
  useEffect(() => {
    fetchPacks().then(setOffers, () => setOffers([]))
  }, [])
  useEffect(() => {
    keptEtag().then(setEtag, () => setEtag(null))
  }, [head])
  const download = async (offer: PackOffer) => {
    setFailed(false)
    setShare(0)
    try {
      await downloadPack(offer, setShare)
    } catch {
      setFailed(true)
    }
    setShare(null)
  }
  return (
    <section>
      <h3>{words.packs}</h3>
      <p class="small">{words.packHelp}</p>
      {head && (
        <p>
          <strong>{head.name}</strong>: {words.packProducts(head.product_count)}.{' '}
          {words.packAge(words.age(ageDays(head.created_at)))}.
        </p>
      )}
      {offers.length === 0 && !head && <p>{words.noPacks}</p>}
      {offers.map((offer) => (
        <div key={offer.name} class="row">
          <span>
            {offer.name}, {words.packProducts(offer.product_count)}
          </span>
          {offer.etag === etag ? (
            <span>{words.packFresh}</span>
          ) : (
            <button type="button" disabled={share !== null} onClick={() => void download(offer)}>
              {head?.name === offer.name
                ? words.packUpdate(megabytes(offer.bytes))
                : words.packDownload(megabytes(offer.bytes))}
            </button>
          )}
        </div>
      ))}
      {share !== null && (
        <label>
          {words.packProgress(share)}
          <progress value={share} max={1} />
        </label>
      )}
      {failed && <p role="alert">{words.packFailed}</p>}
      {head && (
        <button type="button" onClick={() => void removePack()}>
          {words.packRemove}
        </button>
      )}
    </section>
  )
}

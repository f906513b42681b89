/** The shelf: the camera's picture with the overlay, filters, and the list that equals it. */

import { useEffect, useRef } from 'preact/hooks'
import type { Track } from '../../types'
import { openTrack, stopLooking } from '../actions'
import { controls, live, overlay, setTorch, setZoom, torch, video, zoom } from '../camera'
import { type FilterId, inOrder } from '../filters'
import { asks, judge } from '../judge'
import {
  comparing,
  dimmed,
  filters,
  gtinOf,
  listOpen,
  looking,
  photo,
  products,
  profile,
  sheet,
  snapshot,
} from '../state'
import { money } from '../view'
import { words } from '../words'
import { Icon, OutcomeMark, StateMark } from './marks'

const FILTERS = Object.keys(words.filterNames) as FilterId[]

export function Shelf() {
  const now = snapshot.value
  const first = comparing.value
  return (
    <main class={`shelf ${listOpen.value ? 'with-list' : ''}`}>
      <h1 class="visually-hidden">{words.listTitle}</h1>
      {looking.value === 'camera' ? <Stage /> : <Photo />}
      <div class="top">
        <Bar icon="stop" text={words.stopCamera} onClick={stopLooking} />
        {looking.value === 'camera' && controls.value.hasTorch && <Torch />}
        <span class="grow" />
        <Bar icon="help" text={words.legend} onClick={() => open('legend')} />
        <Bar icon="profile" text={words.profile} onClick={() => open('profile')} />
        <Bar icon="settings" text={words.settings} onClick={() => open('settings')} />
      </div>
      <div class="middle">
        {now.engine === 'loading' && now.tracks.length === 0 && (
          <p class="pill">{words.loading(now.loaded)}</p>
        )}
        {now.engine === 'failed' && (
          <p class="pill" role="alert">
            {now.problem}
          </p>
        )}
        {filters.value.size > 0 && !listOpen.value && (
          <p class="pill">{words.left(now.tracks.length - dimmed.value.size, now.tracks.length)}</p>
        )}
        {now.hint && <p class="pill">{words.hints[now.hint]}</p>}
        {first && (
          <p class="pill pick">
            <span>{words.comparePick}</span>
            <button
              type="button"
              onClick={() => {
                comparing.value = null
              }}
            >
              {words.cancel}
            </button>
          </p>
        )}
      </div>
      {listOpen.value && <List tracks={now.tracks} />}
      <div class="bottom">
        {looking.value === 'camera' && !listOpen.value && <Zoom />}
        <Filters />
        <button
          type="button"
          class="list-button"
          aria-expanded={listOpen.value}
          onClick={() => {
            listOpen.value = !listOpen.value
          }}
        >
          <Icon name="list" /> {words.list} ({now.tracks.length})
        </button>
      </div>
    </main>
  )
}

function open(kind: 'legend' | 'profile' | 'settings'): void {
  sheet.value = { kind }
}

/** The camera's picture, and the engine's canvas over it. */
function Stage() {
  const stage = useRef<HTMLDivElement>(null)
  useEffect(() => {
    stage.current?.replaceChildren(video, overlay)
    return () => {
      video.remove()
      overlay.remove()
    }
  }, [])
  return (
    <div
      class="stage"
      ref={stage}
      aria-hidden="true"
      onClick={(event) => {
        const { left, top } = overlay.getBoundingClientRect()
        const id = live.trackAt(event.clientX - left, event.clientY - top)
        if (id !== null) openTrack(id)
      }}
    />
  )
}

/** A photo with its facings marked; the list is the same for the keyboard. */
function Photo() {
  const { frameSize, tracks } = snapshot.value
  const { width, height } = frameSize
  return (
    <svg
      class="photo"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="xMidYMin"
      aria-hidden="true"
    >
      {photo.value && <image href={photo.value} width={width} height={height} />}
      {tracks.map((track) => {
        const {
          id,
          boxXyxy: [left, top, right, bottom],
        } = track
        const state = gtinOf(track) ? 'recognised' : track.state
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list is the same for the keyboard
          <rect
            key={id}
            class={`state-${state} ${dimmed.value.has(id) ? 'dim' : ''}`}
            x={left}
            y={top}
            width={right - left}
            height={bottom - top}
            onClick={() => openTrack(id)}
          />
        )
      })}
    </svg>
  )
}

function Torch() {
  return (
    <button
      type="button"
      class="round"
      aria-label={words.torch}
      aria-pressed={torch.value}
      onClick={() => setTorch(!torch.value)}
    >
      <Icon name="torch" />
    </button>
  )
}

function Zoom() {
  const range = controls.value.zoom
  if (!range) return null
  return (
    <label class="zoom">
      <span>{words.zoom(zoom.value)}</span>
      <input
        type="range"
        min={range.min}
        max={range.max}
        step={range.step}
        value={zoom.value}
        onInput={(event) => setZoom(Number(event.currentTarget.value))}
      />
    </label>
  )
}

interface BarProps {
  readonly icon: 'stop' | 'help' | 'profile' | 'settings'
  readonly text: string
  readonly onClick: () => void
}

function Bar({ icon, text, onClick }: BarProps) {
  return (
    <button type="button" class="round" aria-label={text} onClick={onClick}>
      <Icon name={icon} />
    </button>
  )
}

function Filters() {
  return (
    <fieldset class="filters" aria-label={words.filters}>
      {FILTERS.filter((each) => each !== 'my-profile' || asks(profile.value)).map((each) => (
        <button
          key={each}
          type="button"
          class="chip"
          aria-pressed={filters.value.has(each)}
          onClick={() => {
            const chosen = new Set(filters.value)
            if (!chosen.delete(each)) chosen.add(each)
            filters.value = chosen
          }}
        >
          {words.filterNames[each]}
        </button>
      ))}
    </fieldset>
  )
}

function List({ tracks }: { readonly tracks: readonly Track[] }) {
  const why = dimmed.value
  const items = inOrder(
    tracks.map((track) => ({
      track,
      product: products.value.get(gtinOf(track) ?? '') ?? null,
      dimmed: why.has(track.id),
    })),
    filters.value,
  )
  return (
    <section class="list" aria-label={words.listTitle}>
      {filters.value.size > 0 && (
        <p class="small" role="status">
          {words.left(tracks.length - why.size, tracks.length)}
        </p>
      )}
      {items.length === 0 && (
        <p>{looking.value === 'photo' ? words.photoNothing : words.listEmpty}</p>
      )}
      <ul>
        {items.map(({ track }) => (
          <Item key={track.id} track={track} why={why.get(track.id) ?? null} />
        ))}
      </ul>
    </section>
  )
}

/** Name of what an undecided facing most likely is; null where nobody told, or not yet. */
function likeliestName({ recognition }: Track): string | null {
  const first = recognition?.alternatives[0]
  return first?.name ?? products.value.get(first?.gtin ?? '')?.name ?? null
}

function Item({ track, why }: { readonly track: Track; readonly why: string | null }) {
  const gtin = gtinOf(track)
  const product = gtin ? products.value.get(gtin) : null
  const state = gtin ? 'recognised' : track.state
  const mayBe = state === 'ambiguous' ? likeliestName(track) : null
  const others = (track.recognition?.alternatives.length ?? 1) - 1
  const verdict = product && asks(profile.value) ? judge(profile.value, product) : null
  return (
    <li>
      <button
        type="button"
        class={`item ${why ? 'dim' : ''}`}
        onClick={() => openTrack(track.id)}
        data-state={state}
      >
        <StateMark state={state} />
        <span class="what">
          <strong>
            {product?.name ?? gtin ?? (mayBe ? words.mayBe(mayBe) : words.states[state])}
          </strong>
          {mayBe && !why && <span class="small">{words.orOthers(others)}</span>}
          {why && <span class="small">{why}</span>}
          {!why && verdict && (
            <span class="small">
              {words.outcomes[verdict.outcome]}
              {verdict.outcome === 'fits' ? '' : `: ${verdict.reasons[0]?.words}`}
            </span>
          )}
        </span>
        {verdict && <OutcomeMark outcome={verdict.outcome} />}
        {product?.price_cents != null && product.currency && (
          <span class="cost">{money(product.price_cents, product.currency)}</span>
        )}
      </button>
    </li>
  )
}

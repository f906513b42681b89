/** A shelf picture labelled group by group: look-alikes together, the nearest products beside them. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { naturalForm } from '../../app/gtin'
import type { Round } from '../kept'
import {
  answer,
  type Group,
  isAnswered,
  type Labelling,
  labelling,
  loadQueue,
  open,
  problem,
  queue,
  type Suggestion,
  search,
  shelf,
  thumbnail,
} from '../labelling'
import { captures } from '../state'
import { words } from '../words'
import { Head } from './Page'
import { useObjectUrl } from './Pictures'

const CROP_PX = 160

export function QueuePage({ round }: { readonly round: Round }) {
  useEffect(() => void loadQueue(round.id), [round.id])
  return (
    <>
      <Head title={words.labelTitle} back={`#round/${round.id}`} />
      <p role="alert" class="problem">
        {problem.value}
      </p>
      {queue.value?.length === 0 && <p>{words.queueEmpty}</p>}
      <ul class="cards">
        {queue.value?.map((each) => (
          <li key={each.capture}>
            <a class="card beside-picture" href={`#label/${round.id}/${each.capture}`}>
              <Thumb capture={each.capture} />
              <span>
                <strong>{each.aisle ?? words.elsewhere}</strong>
                <br />
                <span class="small">
                  {each.boxes === null ? words.notLooked : words.ofBoxes(each.answered, each.boxes)}
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

function Thumb({ capture }: { readonly capture: string }) {
  const known = captures.value.find((each) => each.id === capture)
  return known ? <Picture blob={known.thumb} /> : null
}

function Picture({ blob }: { readonly blob: Blob }) {
  return <img src={useObjectUrl(blob)} alt="" />
}

interface LabelProps {
  readonly round: Round
  readonly capture: string
}

export function LabelPage({ round, capture }: LabelProps) {
  useEffect(() => void open(round.id, capture), [round.id, capture])
  const now = labelling.value
  return (
    <>
      <Head title={words.labelTitle} back={`#label/${round.id}`} />
      <p role="alert" class="problem">
        {problem.value}
      </p>
      {now ? (
        <>
          <p role="status">
            {words.ofBoxes(Object.keys(now.answers).length, now.boxes_xyxy.length)}
          </p>
          <p class="small">{words.labelHelp}</p>
          {now.groups.map((group, index) => (
            <GroupCard
              key={group.boxes.join()}
              round={round}
              place={index + 1}
              group={group}
              of={now}
            />
          ))}
        </>
      ) : (
        !problem.value && <p role="status">{words.lookingAtShelf}</p>
      )}
    </>
  )
}

interface GroupProps {
  readonly round: Round
  /** In the queue, from 1. */
  readonly place: number
  readonly group: Group
  readonly of: Labelling
}

function GroupCard({ round, place, group, of }: GroupProps) {
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set())
  const title = `group-${group.boxes[0]}`
  const boxes = group.boxes.filter((box) => !left.has(box))
  const say = (verdict: 'named' | 'unnamed' | 'nothing', gtin: string | null = null) => {
    void answer(round.id, boxes, verdict, gtin)
  }
  const toggle = (box: number) => {
    const next = new Set(left)
    if (!next.delete(box)) next.add(box)
    setLeft(next)
  }
  return (
    <section aria-labelledby={title} data-answered={isAnswered(group, of)}>
      <h2 id={title}>{words.groupOf(place, boxes.length)}</h2>
      <ul class="crops">
        {group.boxes.map((box, member) => (
          <li key={box}>
            <button
              type="button"
              aria-pressed={!left.has(box)}
              aria-label={words.facing(member + 1)}
              onClick={() => toggle(box)}
            >
              <Crop box={of.boxes_xyxy[box] as number[]} />
            </button>
          </li>
        ))}
      </ul>
      <Answered group={group} of={of} />
      <Suggestions found={group.suggestions} onChoose={(gtin) => say('named', gtin)} />
      <Search onChoose={(gtin) => say('named', gtin)} />
      <div class="takes">
        <button type="button" onClick={() => say('unnamed')}>
          {words.unnamedProduct}
        </button>
        <button type="button" onClick={() => say('nothing')}>
          {words.noProduct}
        </button>
      </div>
    </section>
  )
}

function Answered({ group, of }: { readonly group: Group; readonly of: Labelling }) {
  const told = new Set(
    group.boxes.flatMap((box) => {
      const each = of.answers[box]
      if (!each) return []
      if (each.verdict !== 'named') return [words.answeredAs[each.verdict]]
      const known = group.suggestions.find((one) => one.gtin === each.gtin)
      return [words.answeredAs.named(known?.name ?? naturalForm(each.gtin ?? ''))]
    }),
  )
  return told.size === 0 ? null : (
    <p class="good" role="status">
      ✓ {[...told].join('; ')}
    </p>
  )
}

function Crop({ box }: { readonly box: readonly number[] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const picture = shelf.value
  useEffect(() => {
    const [left, top, right, bottom] = box as [number, number, number, number]
    const shown = canvas.current
    if (!shown || !picture) return
    const scale = CROP_PX / Math.max(right - left, bottom - top)
    shown.width = Math.max(1, Math.round((right - left) * scale))
    shown.height = Math.max(1, Math.round((bottom - top) * scale))
    shown
      .getContext('2d')
      ?.drawImage(picture, left, top, right - left, bottom - top, 0, 0, shown.width, shown.height)
  }, [box, picture])
  return <canvas ref={canvas} />
}

interface SuggestionsProps {
  readonly found: readonly Suggestion[]
  readonly onChoose: (gtin: string) => void
}

function Suggestions({ found, onChoose }: SuggestionsProps) {
  if (found.length === 0) return null
  return (
    <ul class="suggested" aria-label={words.suggestions}>
      {found.map((each) => (
        <li key={each.gtin}>
          <button type="button" class="beside-picture" onClick={() => onChoose(each.gtin)}>
            <CataloguePicture gtin={each.gtin} />
            <span>
              {each.name}
              <br />
              <span class="small">{each.gtin_printed}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function CataloguePicture({ gtin }: { readonly gtin: string }) {
  const [blob, setBlob] = useState<Blob | null>(null)
  useEffect(() => {
    thumbnail(gtin).then(setBlob, () => setBlob(null))
  }, [gtin])
  return blob ? <Picture blob={blob} /> : <span class="no-picture" aria-hidden="true" />
}

/** Products by words of their names or digits of their numbers. */
function Search({ onChoose }: { readonly onChoose: (gtin: string) => void }) {
  const [found, setFound] = useState<readonly Suggestion[] | null>(null)
  return (
    <>
      <form
        class="beside"
        onSubmit={(event) => {
          event.preventDefault()
          const text = String(new FormData(event.currentTarget).get('text')).trim()
          if (text) search(text).then(setFound, () => setFound([]))
        }}
      >
        <label>
          {words.searchLabel}
          <input name="text" type="search" maxLength={100} autoComplete="off" />
        </label>
        <button type="submit">{words.search}</button>
      </form>
      {found?.length === 0 && <p role="status">{words.nothingFound}</p>}
      {found && <Suggestions found={found} onChoose={onChoose} />}
    </>
  )
}

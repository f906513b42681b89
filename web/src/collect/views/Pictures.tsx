/** Pictures that were taken, each with what is wrong with it; and the button that takes one. */

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../../app/views/marks'
import type { Capture } from '../kept'
import { dropCapture } from '../state'
import { words } from '../words'

export function Pictures({ captures }: { readonly captures: readonly Capture[] }) {
  if (captures.length === 0) return null
  return (
    <ul class="thumbs">
      {captures.map((each) => (
        <li key={each.id} data-state={each.state} class={each.faults.length ? 'faulty' : ''}>
          <Thumb capture={each} />
          <span>
            <Verdict capture={each} />
          </span>
          {each.state !== 'sent' && (
            <button type="button" onClick={() => void dropCapture(each.id)}>
              {words.remove}
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

function Thumb({ capture }: { readonly capture: Capture }) {
  const url = useObjectUrl(capture.thumb)
  return <img src={url} alt={`${capture.kind} ${capture.at.slice(11, 16)}`} />
}

function Verdict({ capture }: { readonly capture: Capture }) {
  if (capture.problem) return <span class="bad">{capture.problem}</span>
  if (capture.faults.length > 0) return <Faults faults={capture.faults} />
  if (capture.isDouble) return <span class="open">{words.double}</span>
  return (
    <span class="small">
      <span aria-hidden="true">✓</span> {words.states[capture.state]}
    </span>
  )
}

export function Faults({ faults }: { readonly faults: Capture['faults'] }) {
  return (
    <span class="bad">
      {faults.map((each) => words.faults[each]).join(', ')}: {words.faultHelp}
    </span>
  )
}

interface TakeProps {
  readonly children: ComponentChildren
  readonly onFiles: (files: readonly File[]) => void
  readonly isMain?: boolean
}

/** The phone's own camera, at its full resolution; where there is none, a file. */
export function Take({ children, onFiles, isMain = false }: TakeProps) {
  return (
    <label class={`way ${isMain ? 'primary' : ''}`}>
      <Icon name="photo" />
      {children}
      <input
        type="file"
        accept="image/*"
        capture="environment"
        multiple
        class="visually-hidden"
        onChange={(event) => {
          const input = event.currentTarget
          onFiles([...(input.files ?? [])])
          input.value = ''
        }}
      />
    </label>
  )
}

export function useObjectUrl(blob: Blob): string {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return url
}

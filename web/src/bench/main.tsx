/** `/bench`: how fast this device recognises, as a table to read and to copy. */

import { signal } from '@preact/signals'
import { render } from 'preact'
import { type Measured, measureAll } from './measure'
import '../app/style.css'
import './bench.css'

const rows = signal<readonly Measured[]>([])
const state = signal<'ready' | 'measuring' | 'done' | 'failed'>('ready')
const problem = signal('')

async function measure(): Promise<void> {
  rows.value = []
  state.value = 'measuring'
  try {
    await measureAll((measured) => {
      rows.value = [...rows.value, measured]
    })
    state.value = 'done'
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
    state.value = 'failed'
  }
}

function asText(): string {
  const head = 'what | computed by | least ms | median ms'
  const lines = rows.value.map((row) =>
    [row.what, row.backend, row.leastMs.toFixed(1), row.medianMs.toFixed(1)].join(' | '),
  )
  return [navigator.userAgent, head, ...lines].join('\n')
}

function Bench() {
  const isMeasuring = state.value === 'measuring'
  return (
    <>
      <h1>Facings on this device</h1>
      <p>
        Measures finding, telling apart, reading and searching here, in your browser. Nothing is
        sent anywhere. It takes about half a minute; other programs and a warm phone make it slower.
      </p>
      <p>
        {navigator.hardwareConcurrency} processor cores,{' '}
        {self.crossOriginIsolated ? 'threads allowed' : 'one thread only: the page is not isolated'}
        .
      </p>
      <p class="row">
        <button type="button" class="primary" onClick={() => void measure()} disabled={isMeasuring}>
          {isMeasuring ? 'Measuring…' : 'Measure'}
        </button>
        {state.value === 'done' && (
          <button type="button" onClick={() => void navigator.clipboard.writeText(asText())}>
            Copy the table
          </button>
        )}
      </p>
      <p role="status" data-state={state.value}>
        {state.value === 'failed' && `It could not be measured: ${problem.value}`}
        {state.value === 'done' && 'Done.'}
      </p>
      {rows.value.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Computed by</th>
              <th scope="col">Least, ms</th>
              <th scope="col">Median, ms</th>
            </tr>
          </thead>
          <tbody>
            {rows.value.map((row) => (
              <tr key={`${row.what} ${row.backend}`}>
                <th scope="row">{row.what}</th>
                <td>{row.backend}</td>
                <td>{row.leastMs.toFixed(1)}</td>
                <td>{row.medianMs.toFixed(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p>
        <a href="/">Back to the shelf</a>
      </p>
    </>
  )
}

render(<Bench />, document.getElementById('bench') as HTMLElement)

/** The models this client was built with: manifest and address of the weights. */

import type { EmbedderId } from '../types'

export interface InputSpec {
  readonly name: string
  /** Width and height in pixels; for "fit" the longer of them is all that counts. */
  readonly size_wh: readonly [number, number]
  readonly multiple_of: number
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly resize: 'fit' | 'halfway'
  /** Grey level in [0, 255] of what is padded. */
  readonly pad_value: number
}

export interface Manifest {
  readonly name: string
  readonly version: number
  /** Of the published weights, of which those stored for the web are a smaller form. */
  readonly sha256: string
  readonly input: InputSpec
  readonly outputs: Readonly<Record<string, string>>
  readonly embedding_dim?: number
  /** Median height of facings in tensor pixels that a detector looks a second time for. */
  readonly facing_height_px?: number
  /** What a reader of print knows, in the order of its answer, which has none before them. */
  readonly letters?: string
  readonly thresholds: Readonly<Record<string, number>>
  readonly stored: { readonly file: string; readonly sha256: string; readonly bytes: number }
}

const manifests = import.meta.glob<Manifest>('../../models/*.json', {
  eager: true,
  import: 'default',
})
const weights = import.meta.glob<string>('../../models/*.onnx', {
  eager: true,
  query: '?url',
  import: 'default',
})

export function manifestOf(name: string): Manifest {
  const found = manifests[`../../models/${name}.json`]
  if (found === undefined) throw new Error(`no model ${name}: run runs/web-weights.sh and build`)
  return found
}

/** Where the weights lie, with their hash in the name. */
export function weightsUrl(manifest: Manifest): string {
  const found = weights[`../../models/${manifest.stored.file}`]
  if (found === undefined) throw new Error(`${manifest.stored.file} is missing from web/models`)
  return found
}

export const DETECTOR = manifestOf('facings-detector-live')
export const EMBEDDER = manifestOf('facings-embedder')
export const PRINT_FINDER = manifestOf('facings-print-finder')
export const PRINT_READER = manifestOf('facings-print-reader')

export function embedderId(manifest: Manifest): EmbedderId {
  return { name: manifest.name, version: manifest.version, sha256: manifest.sha256 }
}

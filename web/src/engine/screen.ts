/** Screen: the canvas over the video, and what lies under a finger. */

import type { FrameSize, Track } from '../types'
import { drawOverlay, type Placement, placementOf, trackUnder } from './overlay'

export class Screen {
  readonly #canvas: HTMLCanvasElement
  /** Track ids drawn in the background. */
  dimmed: ReadonlySet<number> = new Set()
  /** Short names to write beside facings, by track id. */
  names: ReadonlyMap<number, string> = new Map()
  /** How the video under it fills its place; null before there is one. */
  video: HTMLVideoElement | null = null

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  draw(tracks: readonly Track[], frame: FrameSize): void {
    const context = this.#canvas.getContext('2d')
    const placement = this.#placement(frame)
    if (!context || !placement) return
    drawOverlay(context, tracks, placement, { dimmed: this.dimmed, names: this.names })
  }

  clear(): void {
    this.#canvas.getContext('2d')?.clearRect(0, 0, this.#canvas.width, this.#canvas.height)
  }

  /** The track under a point in CSS pixels, small ones widened to 44 CSS pixels. */
  trackAt(tracks: readonly Track[], frame: FrameSize, x: number, y: number): number | null {
    const placement = this.#placement(frame)
    return placement && trackUnder(tracks, placement, x, y)
  }

  #placement(frame: FrameSize): Placement | null {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    if (frame.width === 0 || width === 0) return null
    const ratio = window.devicePixelRatio || 1
    const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (this.#canvas.width !== wide || this.#canvas.height !== tall) {
      this.#canvas.width = wide
      this.#canvas.height = tall
    }
    const fit = this.video && getComputedStyle(this.video).objectFit
    return placementOf(frame, { width, height }, fit === 'cover' ? 'cover' : 'contain')
  }
}

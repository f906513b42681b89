/**
 * The live loop: camera picture to named tracks. The app's only door to the engine.
 *
 *     const live = new Live({ recogniser: new ApiRecogniser(client), overlay: canvas })
 *     live.onSnapshot((snapshot) => (shown.value = snapshot))
 *     await live.start(video)   // a video element that plays the camera: see capture.ts
 *     live.dim(new Set([17]))   // track ids that a filter puts into the background
 *     live.stop()
 */

import type { LiveSnapshot } from '../types'
import type { Recogniser } from './recogniser'

export interface LiveOptions {
  readonly recogniser: Recogniser
  /** Lies over the video, of the same size and object-fit; the engine draws it. */
  readonly overlay: HTMLCanvasElement
}

export const STOPPED: LiveSnapshot = {
  engine: 'stopped',
  problem: null,
  loaded: 0,
  frameSize: { width: 0, height: 0 },
  tracks: [],
  hint: null,
  speed: {
    overlayFps: null,
    detectFps: null,
    detectMs: null,
    embedMs: null,
    backend: 'wasm',
    threads: 1,
  },
}

export class Live {
  #snapshot: LiveSnapshot = STOPPED

  constructor(_options: LiveOptions) {}

  get snapshot(): LiveSnapshot {
    return this.#snapshot
  }

  /** Be told whenever anything but the boxes' place changes, and at most ten times a second. */
  onSnapshot(_listener: (snapshot: LiveSnapshot) => void): () => void {
    return () => {}
  }

  /** Load the models once, then follow the video until `stop`. Pauses by itself when hidden. */
  async start(_video: HTMLVideoElement): Promise<void> {}

  /** Leave the video; the models stay loaded. */
  stop(): void {}

  /** Recognise one still picture, as closely as the engine can; the answer holds every facing. */
  async scanPicture(_bitmap: ImageBitmap, _signal?: AbortSignal): Promise<LiveSnapshot> {
    return STOPPED
  }

  /** Track ids drawn in the background: those a filter leaves out. */
  dim(_trackIds: ReadonlySet<number>): void {}

  /** The track under a point of the overlay (CSS pixels), small ones widened to 44 CSS pixels. */
  trackAt(_x: number, _y: number): number | null {
    return null
  }

  /** Ask another recogniser from now on, such as a pack when the network is gone. */
  use(_recogniser: Recogniser): void {}

  /** What left the device for a track, so that feedback can say it; null when nothing did. */
  embeddingOf(_trackId: number): Int8Array | null {
    return null
  }
}

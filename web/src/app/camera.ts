/** The camera's picture and the engine behind it: one for the whole life of the page. */

import { signal } from '@preact/signals'
import { adjust, type CameraControls, controlsOf } from '../engine/capture'
import { Live } from '../engine/live'
import { ServiceOrPack } from './recognise'

const NOTHING: CameraControls = { hasTorch: false, zoom: null }

/** LiveView puts them where they are seen. */
export const overlay = document.createElement('canvas')
export const video = document.createElement('video')
export const live = new Live({ recogniser: new ServiceOrPack(), overlay })

/** What this camera can do. */
export const controls = signal<CameraControls>(NOTHING)
export const torch = signal(false)
export const zoom = signal(1)

/** Find out what the camera can do that plays now, and give it back its light. */
export function lookAtControls(): void {
  controls.value = controlsOf(video)
  zoom.value = controls.value.zoom?.min ?? 1
  if (torch.value) void adjust(video, { torch: controls.value.hasTorch })
}

export function setTorch(on: boolean): void {
  torch.value = on
  void adjust(video, { torch: on })
}

export function setZoom(factor: number): void {
  zoom.value = factor
  void adjust(video, { zoom: factor })
}

/** Capture: the back camera into a video element, or why there is none. */

/**
 * insecure: the page did not come over https; denied: the person or the browser said no; missing:
 * no camera; busy: another program has it; unsupported: this browser gives none.
 */
export type CameraFailure = 'insecure' | 'denied' | 'missing' | 'busy' | 'unsupported'

export class CameraProblem extends Error {
  override readonly name = 'CameraProblem'
  readonly failure: CameraFailure

  constructor(failure: CameraFailure, cause?: unknown) {
    super(failure, { cause })
    this.failure = failure
  }
}

const FAILURES: Readonly<Record<string, CameraFailure>> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

/**
 * Play the back camera in a video element. Call it from a tap: browsers ask the person then.
 *
 * @param deviceId of a camera chosen before; null means the back one.
 * @throws CameraProblem
 */
export async function openCamera(
  video: HTMLVideoElement,
  deviceId: string | null = null,
): Promise<MediaStream> {
  if (!window.isSecureContext) throw new CameraProblem('insecure')
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraProblem('unsupported')
  const isUpright = window.innerHeight > window.innerWidth
  const [width, height] = isUpright ? [720, 1280] : [1280, 720]
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'environment' }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: {
        ...which,
        width: { ideal: width },
        height: { ideal: height },
        frameRate: { ideal: 30, max: 30 },
      },
    })
    video.srcObject = stream
    video.muted = true
    video.playsInline = true
    await video.play()
    return stream
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    throw new CameraProblem(FAILURES[name] ?? 'unsupported', error)
  }
}

/** What a camera can do besides looking; null for what it cannot. */
export interface CameraControls {
  readonly hasTorch: boolean
  readonly zoom: { readonly min: number; readonly max: number; readonly step: number } | null
}

/** Not in the types of browsers that have it. */
interface LensCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean
  readonly zoom?: { readonly min: number; readonly max: number; readonly step?: number }
}

export function controlsOf(video: HTMLVideoElement): CameraControls {
  const can: LensCapabilities = trackOf(video)?.getCapabilities?.() ?? {}
  const { zoom } = can
  const hasZoom = zoom !== undefined && zoom.max > zoom.min
  return {
    hasTorch: can.torch === true,
    zoom: hasZoom ? { min: zoom.min, max: zoom.max, step: zoom.step || 0.1 } : null,
  }
}

/** Light or zoom: does nothing where the camera has none. */
export async function adjust(
  video: HTMLVideoElement,
  wanted: { readonly torch?: boolean; readonly zoom?: number },
): Promise<void> {
  const advanced = [wanted] as MediaTrackConstraintSet[]
  await trackOf(video)
    ?.applyConstraints({ advanced })
    .catch(() => {})
}

function trackOf(video: HTMLVideoElement): MediaStreamTrack | null {
  const stream = video.srcObject
  return stream instanceof MediaStream ? (stream.getVideoTracks()[0] ?? null) : null
}

export function closeCamera(video: HTMLVideoElement): void {
  const stream = video.srcObject
  if (stream instanceof MediaStream) for (const track of stream.getTracks()) track.stop()
  video.srcObject = null
}

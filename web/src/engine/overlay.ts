/** The overlay: every facing's state, told by its shape as well as by its colour. */

import type { BoxXyxy, FrameSize, Track, TrackState } from '../types'

export interface Look {
  readonly dimmed: ReadonlySet<number>
  /** A short name beside a recognised facing, by track id. */
  readonly names: ReadonlyMap<number, string>
}

/** From pixels of the frame to CSS pixels of an overlay that covers or contains it. */
export interface Placement {
  readonly scale: number
  readonly left: number
  readonly top: number
}

export function placementOf(
  frame: FrameSize,
  view: FrameSize,
  fit: 'cover' | 'contain',
): Placement {
  const ratios = [view.width / frame.width, view.height / frame.height]
  const scale = fit === 'cover' ? Math.max(...ratios) : Math.min(...ratios)
  return {
    scale,
    left: (view.width - frame.width * scale) / 2,
    top: (view.height - frame.height * scale) / 2,
  }
}

export function placed(box: BoxXyxy, { scale, left, top }: Placement): BoxXyxy {
  return [box[0] * scale + left, box[1] * scale + top, box[2] * scale + left, box[3] * scale + top]
}

const COLOURS: Readonly<Record<TrackState, string>> = {
  finding: '#ffffff',
  recognising: '#9fd6ff',
  recognised: '#53e08b',
  ambiguous: '#ffc94d',
  unknown: '#ff9d85',
  waiting: '#c9c9d6',
}
const SCRIM = 'rgba(10, 20, 16, 0.72)'
const BADGE = 10 // radius in CSS pixels

/** Draw all tracks; each kind of state has an outline and a badge of its own. */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  tracks: readonly Track[],
  placement: Placement,
  look: Look,
): void {
  const { canvas } = context
  const ratio = window.devicePixelRatio || 1
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  for (const track of tracks) {
    context.globalAlpha = look.dimmed.has(track.id) ? 0.25 : 1
    const box = placed(track.boxXyxy, placement)
    outline(context, box, track.state)
    badge(context, box, track.state)
    const name = look.names.get(track.id)
    if (name && !look.dimmed.has(track.id)) label(context, box, name)
  }
  context.globalAlpha = 1
}

function outline(context: CanvasRenderingContext2D, box: BoxXyxy, state: TrackState): void {
  const [left, top, right, bottom] = box
  const trace = () => {
    context.beginPath()
    if (state === 'finding' || state === 'recognising' || state === 'waiting') corners(context, box)
    else context.roundRect(left, top, right - left, bottom - top, 5)
    context.stroke()
  }
  const dashes = { ambiguous: [8, 5], unknown: [2, 4] }
  context.setLineDash(state === 'ambiguous' || state === 'unknown' ? dashes[state] : [])
  context.lineWidth = 4
  context.strokeStyle = SCRIM // seen on white packs too
  trace()
  context.lineWidth = 2
  context.strokeStyle = COLOURS[state]
  trace()
  context.setLineDash([])
}

function corners(context: CanvasRenderingContext2D, box: BoxXyxy): void {
  const [left, top, right, bottom] = box
  const arm = Math.min(14, (right - left) / 3, (bottom - top) / 3)
  for (const [x, towardsX] of [
    [left, arm],
    [right, -arm],
  ] as const) {
    for (const [y, towardsY] of [
      [top, arm],
      [bottom, -arm],
    ] as const) {
      context.moveTo(x + towardsX, y)
      context.lineTo(x, y)
      context.lineTo(x, y + towardsY)
    }
  }
}

function badge(context: CanvasRenderingContext2D, box: BoxXyxy, state: TrackState): void {
  if (state === 'finding') return
  const x = (box[0] + box[2]) / 2
  const y = (box[1] + box[3]) / 2
  context.fillStyle = COLOURS[state]
  context.beginPath()
  switch (state) {
    case 'recognised':
      context.arc(x, y, BADGE, 0, 2 * Math.PI)
      break
    case 'ambiguous': // a diamond
      context.moveTo(x, y - BADGE - 2)
      context.lineTo(x + BADGE + 2, y)
      context.lineTo(x, y + BADGE + 2)
      context.lineTo(x - BADGE - 2, y)
      context.closePath()
      break
    case 'unknown':
      context.rect(x - BADGE + 1, y - BADGE + 1, 2 * BADGE - 2, 2 * BADGE - 2)
      break
    default:
      context.arc(x, y, BADGE - 3, 0, 2 * Math.PI)
  }
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = SCRIM
  context.stroke()
  context.lineWidth = 2.2
  context.strokeStyle = '#0a1410'
  context.beginPath()
  sign(context, x, y, state)
  context.stroke()
}

/** A tick, a question mark, a plus, a clock, three dots. */
function sign(context: CanvasRenderingContext2D, x: number, y: number, state: TrackState): void {
  switch (state) {
    case 'recognised':
      context.moveTo(x - 4, y)
      context.lineTo(x - 1, y + 3.5)
      context.lineTo(x + 5, y - 4)
      break
    case 'ambiguous':
      context.arc(x, y - 2, 3, Math.PI, 0.6 * Math.PI)
      context.lineTo(x, y + 3)
      context.moveTo(x, y + 6)
      context.lineTo(x, y + 7)
      break
    case 'unknown':
      context.moveTo(x - 4, y)
      context.lineTo(x + 4, y)
      context.moveTo(x, y - 4)
      context.lineTo(x, y + 4)
      break
    case 'waiting':
      context.moveTo(x, y - 4)
      context.lineTo(x, y)
      context.lineTo(x + 3, y + 2)
      break
    default:
      for (const dx of [-3, 0, 3]) {
        context.moveTo(x + dx, y - 0.5)
        context.lineTo(x + dx, y + 0.5)
      }
  }
}

function label(context: CanvasRenderingContext2D, box: BoxXyxy, name: string): void {
  context.font = '600 12px system-ui, sans-serif'
  const width = box[2] - box[0]
  let shown = name
  while (shown.length > 3 && context.measureText(shown).width > Math.max(width, 56) - 8) {
    shown = `${shown.slice(0, shown.endsWith('…') ? -2 : -1)}…`
  }
  const taken = context.measureText(shown).width + 8
  const x = (box[0] + box[2]) / 2
  context.fillStyle = SCRIM
  context.beginPath()
  context.roundRect(x - taken / 2, box[3] - 20, taken, 18, 4)
  context.fill()
  context.fillStyle = '#ffffff'
  context.textAlign = 'center'
  context.fillText(shown, x, box[3] - 7)
}

/** The track under a point, boxes widened to what a finger hits; the smallest of several. */
export function trackUnder(
  tracks: readonly Track[],
  placement: Placement,
  x: number,
  y: number,
): number | null {
  const least = 44
  const hits = tracks.flatMap((track) => {
    const [left, top, right, bottom] = placed(track.boxXyxy, placement)
    const beside = Math.max(0, (least - (right - left)) / 2)
    const above = Math.max(0, (least - (bottom - top)) / 2)
    const isHit =
      x >= left - beside && x <= right + beside && y >= top - above && y <= bottom + above
    const fromMiddle = Math.hypot(x - (left + right) / 2, y - (top + bottom) / 2)
    return isHit ? [{ id: track.id, fromMiddle }] : []
  })
  hits.sort((a, b) => a.fromMiddle - b.fromMiddle)
  return hits[0]?.id ?? null
}

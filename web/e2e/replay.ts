/**
 * A walk replayed picture by picture in a time of its own: the engine's real networks and decisions,
 * on any machine the same, because looking takes as long as the plan says and not as it does here.
 */

import { ApiRecogniser } from '../src/engine/api'
import { Follower, type Networks, type Question } from '../src/engine/follow'
import { Pace } from '../src/engine/pace'
import type { Recogniser } from '../src/engine/recogniser'
import { Runtime } from '../src/engine/runtime'
import { Sight } from '../src/engine/sight'
import type { BoxXyxy, FrameSize } from '../src/types'

/** Where the camera is in each picture, and how long looking takes. See walk.py. */
export interface Plan {
  /** Addresses of the bays, which stand side by side. */
  readonly bays: readonly string[]
  /** Left and top of each picture on the wall of bays. */
  readonly corners: readonly (readonly [number, number])[]
  readonly frameSize: FrameSize
  readonly fps: number
  readonly detectMs: number
  /** Of one facing. */
  readonly embedMs: number
  readonly readMs: number
  readonly compareMs: number
  readonly answerMs: number
}

/** One moment of a walk, as walk.py scores it. */
export interface Noted {
  readonly frame: number
  readonly tracks: readonly {
    readonly id: number
    readonly boxXyxy: BoxXyxy
    readonly state: string
    readonly gtin: string | null
    /** What it may be, best first. */
    readonly maybe: readonly string[]
  }[]
}

export function notedOf(frame: number, tracks: ReturnType<Follower['tracks']>): Noted {
  return {
    frame,
    tracks: tracks.map(({ id, boxXyxy, state, recognition }) => ({
      id,
      boxXyxy,
      state,
      gtin: recognition?.gtin ?? null,
      maybe: recognition?.alternatives.map(({ gtin }) => gtin) ?? [],
    })),
  }
}

export async function replay(plan: Plan, key: string | null) {
  const { corners, frameSize, fps } = plan
  const wall = await wallOf(plan.bays)
  const shown = new OffscreenCanvas(frameSize.width, frameSize.height)
  const context = shown.getContext('2d', { alpha: false, willReadFrequently: true })
  if (!context) throw new Error('no canvas')
  const runtime = await Runtime.open()
  await runtime.fetchPrint() // it does not arrive in a time of its own
  const networks: Networks = {
    detect: (...asked) => runtime.detect(...asked),
    embed: async (places) => ({
      ...(await runtime.embed(places)),
      networkMs: plan.embedMs * places.length,
    }),
    read: async (place) => {
      const read = await runtime.read(place)
      return read && { ...read, tookMs: plan.readMs }
    },
    compare: async (...asked) => ({
      ...(await runtime.compare(...asked)),
      tookMs: plan.compareMs,
    }),
  }
  const service = new ApiRecogniser({ key })
  /** Pictures asked for, and when they arrive. */
  let onTheirWay: { arrive: () => Promise<void>; atMs: number }[] = []
  let shownMs = 0
  const recogniser: Recogniser = {
    recognise: (...asked) => service.recognise(...asked),
    view: (gtin) => {
      const fetched = service.view(gtin)
      return new Promise((resolve, reject) => {
        const arrive = () => fetched.then(resolve, reject)
        onTheirWay.push({ arrive, atMs: shownMs + plan.answerMs })
      })
    },
  }
  const follower = new Follower(recogniser)
  const { signal } = new AbortController()
  const sight = new Sight()
  const pace = new Pace()
  const noted: Noted[] = []
  let pending: { question: Question; atMs: number } | null = null
  let next = 0
  /** Show every picture until then, and hear the answers that come meanwhile. */
  const until = async (ms: number) => {
    for (; next < corners.length && (next * 1000) / fps <= ms; next++) {
      const nowMs = (next * 1000) / fps
      shownMs = nowMs
      const arriving = onTheirWay.filter(({ atMs }) => atMs <= nowMs)
      onTheirWay = onTheirWay.filter(({ atMs }) => atMs > nowMs)
      for (const { arrive } of arriving) await arrive()
      if (pending && pending.atMs <= nowMs) {
        await follower.ask(pending.question, signal)
        pending = null
      }
      const [left, top] = corners[next] as readonly [number, number]
      context.drawImage(wall, -left, -top)
      sight.see(shown, frameSize, nowMs)
      noted.push(notedOf(next, follower.tracks(sight.sinceKnown)))
    }
  }
  for (let nowMs = 0; next < corners.length; ) {
    await until((next * 1000) / fps)
    nowMs = Math.max(nowMs, ((next - 1) * 1000) / fps)
    const { isReadable } = sight
    const taken = sight.take(shown, frameSize)
    await until(nowMs + plan.detectMs)
    await follower.find(networks, taken, pace.longSide, () => true)
    pace.note(plan.detectMs, nowMs)
    sight.know()
    let workedMs = plan.detectMs
    const counting: Networks = {
      ...networks,
      embed: (places) => {
        workedMs += places.length * plan.embedMs
        return networks.embed(places)
      },
      read: (place) => {
        workedMs += plan.readMs
        return networks.read(place)
      },
      compare: (...asked) => {
        workedMs += plan.compareMs
        return networks.compare(...asked)
      },
    }
    const question = isReadable ? await follower.look(counting) : null
    await until(nowMs + workedMs)
    if (question && pending)
      await follower.ask((pending as { question: Question }).question, signal)
    if (question) pending = { question, atMs: nowMs + workedMs + plan.answerMs }
    nowMs += workedMs + pace.restMs(workedMs, question !== null)
    await until(nowMs)
  }
  runtime.close()
  return { noted, sent: service.sent }
}

async function wallOf(addresses: readonly string[]): Promise<OffscreenCanvas> {
  const bays = await Promise.all(
    addresses.map(async (each) => createImageBitmap(await (await fetch(each)).blob())),
  )
  const wall = new OffscreenCanvas(
    bays.reduce((sum, { width }) => sum + width, 0),
    Math.max(...bays.map(({ height }) => height)),
  )
  const context = wall.getContext('2d', { alpha: false })
  let left = 0
  for (const bay of bays) {
    context?.drawImage(bay, left, 0)
    left += bay.width
    bay.close()
  }
  return wall
}

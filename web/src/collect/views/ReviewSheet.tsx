/** A picture before it is kept: what is wrong with it, and a finger that blurs people. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { Sheet } from '../../app/views/Sheet'
import { keepReviewed } from '../actions'
import { take } from '../picture'
import { place, reviews } from '../state'
import { words } from '../words'
import { Faults } from './Pictures'

const CELLS = 6 // across what is drawn over: too few to know anybody by
const LEAST_PX = 12

interface Point {
  readonly x: number
  readonly y: number
}

export function ReviewSheet() {
  const review = reviews.value[0]
  const canvas = useRef<HTMLCanvasElement>(null)
  const from = useRef<Point | null>(null)
  const [isChanged, setChanged] = useState(false)
  useEffect(() => {
    if (review && canvas.current) void show(review.taken.picture, canvas.current)
  }, [review])
  if (!review) return null
  const drop = () => {
    reviews.value = reviews.value.slice(1)
  }
  const keep = async () => {
    const round = place.value.split('/')[1] ?? ''
    await keepReviewed(isChanged ? await takeFrom(canvas.current) : review.taken, round)
  }
  return (
    <Sheet title={words.reviewTitle} onClose={drop}>
      <p role="status">
        {review.taken.faults.length > 0 ? (
          <Faults faults={review.taken.faults} />
        ) : (
          <span class="good">✓ {words.looksGood}</span>
        )}
      </p>
      <p class="small">{words.reviewHelp}</p>
      <canvas
        class="review"
        ref={canvas}
        role="img"
        aria-label={words.reviewTitle}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          from.current = pointOf(event.currentTarget, event)
        }}
        onPointerUp={(event) => {
          const start = from.current
          from.current = null
          if (start && blur(event.currentTarget, start, pointOf(event.currentTarget, event)))
            setChanged(true)
        }}
      />
      <div class="takes">
        <button type="button" onClick={drop}>
          {words.takeAgain}
        </button>
        <button type="button" class="primary" onClick={() => void keep()}>
          {words.keep}
        </button>
      </div>
    </Sheet>
  )
}

async function show(picture: Blob, canvas: HTMLCanvasElement): Promise<void> {
  const bitmap = await createImageBitmap(picture)
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  canvas.dataset.shown = 'yes'
  bitmap.close()
}

async function takeFrom(canvas: HTMLCanvasElement | null) {
  const blob = await new Promise<Blob | null>((made) => canvas?.toBlob(made, 'image/png'))
  if (!blob) throw new Error('the picture could not be written')
  return take(blob)
}

function pointOf(canvas: HTMLCanvasElement, event: PointerEvent): Point {
  const shown = canvas.getBoundingClientRect()
  return {
    x: ((event.clientX - shown.left) / shown.width) * canvas.width,
    y: ((event.clientY - shown.top) / shown.height) * canvas.height,
  }
}

/** Make the rectangle between two points a few flat cells. */
function blur(canvas: HTMLCanvasElement, one: Point, other: Point): boolean {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)]
  const [width, height] = [Math.abs(one.x - other.x), Math.abs(one.y - other.y)]
  const context = canvas.getContext('2d')
  if (!context || width < LEAST_PX || height < LEAST_PX) return false
  const small = new OffscreenCanvas(CELLS, CELLS)
  small.getContext('2d')?.drawImage(canvas, x, y, width, height, 0, 0, CELLS, CELLS)
  context.imageSmoothingEnabled = false
  context.drawImage(small, x, y, width, height)
  return true
}

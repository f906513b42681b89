/** Pictures to compare with are fetched once, and kept while there is room. */

import { afterEach, expect, test, vi } from 'vitest'
import { Gallery } from '../src/engine/gallery'
import { type Recogniser, RecogniserAway } from '../src/engine/recogniser'

const grey = { width: 1, height: 1, grey: Uint8Array.of(0) }

afterEach(() => {
  vi.useRealTimers()
})

class Shop implements Recogniser {
  readonly fetched: string[] = []
  isAway = false

  async recognise() {
    return []
  }

  async view(gtin: string) {
    this.fetched.push(gtin)
    if (this.isAway) throw new RecogniserAway('no network')
    return gtin.startsWith('none') ? null : grey
  }
}

test('an empty gallery has no pictures of nothing', () => {
  expect(new Gallery().viewsOf([])).toEqual(new Map())
})

test('pictures are on their way, then here, each fetched once; some products have none', async () => {
  const [gallery, shop] = [new Gallery(), new Shop()]
  gallery.want(['a', 'none', 'a'], shop)
  expect(gallery.viewsOf(['a', 'none'])).toBeNull()
  await gallery.arrived()
  gallery.want(['a', 'none'], shop)
  expect(gallery.viewsOf(['a', 'none'])).toEqual(new Map([['a', grey]]))
  expect(shop.fetched).toEqual(['a', 'none'])
})

test('what nobody could give is asked for again after a while', async () => {
  vi.useFakeTimers()
  const [gallery, shop] = [new Gallery(), new Shop()]
  shop.isAway = true
  gallery.want(['a'], shop)
  await gallery.arrived()
  shop.isAway = false
  gallery.want(['a'], shop)
  expect(gallery.viewsOf(['a'])).toBeNull()
  expect(shop.fetched).toEqual(['a'])
  vi.advanceTimersByTime(2001)
  gallery.want(['a'], shop)
  await gallery.arrived()
  expect(gallery.viewsOf(['a'])?.size).toBe(1)
})

test('the oldest go when there are too many', async () => {
  const [gallery, shop] = [new Gallery(), new Shop()]
  const gtins = Array.from({ length: 301 }, (_, i) => `${i}`)
  gallery.want(gtins, shop)
  await gallery.arrived()
  expect(gallery.viewsOf(['0'])).toBeNull()
  expect(gallery.viewsOf(gtins.slice(1))?.size).toBe(300)
})

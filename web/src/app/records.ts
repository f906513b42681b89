/** Records of products: from the service, else the pack, else what was seen before. */

import type { Product } from '../pack/record'
import { database } from './device'
import { Away, fetchProduct } from './service'
import { online, pack, products } from './state'

const AGAIN_MS = 4000
const asked = new Map<string, number>()
/** Known from the pack or an earlier visit alone: prices and offers may have changed since. */
const secondHand = new Set<string>()

/** What is recorded of a product: null where nothing is, undefined where it did not come yet. */
export async function lookUp(gtin: string): Promise<Product | null | undefined> {
  const known = products.peek().get(gtin)
  const isNew = known === undefined || (online.peek() && secondHand.has(gtin))
  if (!isNew || Date.now() - (asked.get(gtin) ?? 0) < AGAIN_MS) return known
  const at = Date.now()
  asked.set(gtin, at)
  const found = (await find(gtin)) ?? known
  // Asked again meanwhile: that answer is the newer one, whichever comes first.
  if (asked.get(gtin) !== at) return products.peek().get(gtin) ?? found
  if (found !== undefined && found !== known) {
    products.value = new Map(products.peek()).set(gtin, found)
  }
  return found
}

/** Ask again for a record that did not come, or may have changed. */
export function askAgain(gtin: string): Promise<Product | null | undefined> {
  asked.delete(gtin)
  return lookUp(gtin)
}

async function find(gtin: string): Promise<Product | null | undefined> {
  if (online.peek()) {
    try {
      const product = await fetchProduct(gtin)
      secondHand.delete(gtin)
      const at = new Date().toISOString()
      if (product) void database().then((kept) => kept.put('products', { product, at }, gtin))
      return product
    } catch (error) {
      if (!(error instanceof Away)) throw error
    }
  }
  secondHand.add(gtin)
  const packed = await pack.peek()?.product(gtin)
  return packed ?? (await (await database()).get('products', gtin))?.product
}

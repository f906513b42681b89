/** The page and its parts, kept by the browser so that a shop's cellar is no trouble. */

import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

const CACHE = 'facings-collect' // as in public/collect-sw.js

/** Keep the page once it has loaded; parts of an earlier build go. */
export function keepForOffline(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  window.addEventListener('load', () => void keep())
}

async function keep(): Promise<void> {
  await import('../app/barcode') // so that it is among the parts
  const parts = performance
    .getEntriesByType('resource')
    .map((each) => new URL(each.name))
    .filter((url) => url.origin === location.origin && !url.pathname.startsWith('/v1/'))
    .map((url) => url.pathname)
  const wanted = [...new Set(['/collect', '/icons/icon.svg', wasm, ...parts])]
  const cache = await caches.open(CACHE)
  await Promise.all(wanted.map((path) => cache.add(path)))
  for (const kept of await cache.keys()) {
    if (!wanted.includes(new URL(kept.url).pathname)) await cache.delete(kept)
  }
  await navigator.serviceWorker.register('/collect-sw.js', { scope: '/collect' })
  document.documentElement.dataset.offline = 'ready'
}

// Answers for /collect without network, from what the page put into the cache itself
// (src/collect/offline.ts): the page from the network where there is one, its parts by their hash.
const CACHE = 'facings-collect'

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/v1/')) return
  const isPart = url.pathname.startsWith('/assets/')
  event.respondWith(isPart ? fromCache(request) : fromNetwork(request))
})

async function fromCache(request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request)
}

async function fromNetwork(request) {
  try {
    return await fetch(request)
  } catch (error) {
    const cache = await caches.open(CACHE)
    const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
    if (kept) return kept
    throw error
  }
}

/** The page, its models and runtime kept by the browser after the first visit. */

import { mention } from './notice'
import { words } from './words'

/**
 * Register the service worker once the page has what it needs itself: everything it keeps lies in
 * the browser's cache by then, and is not fetched twice.
 */
export function keepForOffline(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  window.addEventListener('load', () => {
    // The network may be gone already, or its certificate not trusted: the page works, unkept.
    keep().catch(() => {})
  })
}

async function keep(): Promise<void> {
  const known = await navigator.serviceWorker.getRegistration()
  await navigator.serviceWorker.register('/sw.js')
  await navigator.serviceWorker.ready
  if (!known) mention(words.install)
}

import { VitePWA } from 'vite-plugin-pwa'

/** What makes the page installable, and what the browser keeps of it after the first visit. */
export const pwa = () =>
  VitePWA({
    injectRegister: false, // app/offline.ts does, when the page has what it needs
    manifest: {
      name: 'Facings',
      short_name: 'Facings',
      description: 'Point your phone at a shelf: every product is told apart and explained.',
      display: 'standalone',
      background_color: '#10231b',
      theme_color: '#10231b',
      icons: [192, 512].map((side) => ({
        src: `icons/icon-${side}.png`,
        sizes: `${side}x${side}`,
        type: 'image/png',
        purpose: 'any maskable',
      })),
    },
    workbox: {
      // Models and runtime too: a cache filled as they are used would be empty after the first
      // visit, when the service worker was not there yet. The graphics card's runtime is not kept.
      globPatterns: ['**/*.{html,js,mjs,css,svg,png,webmanifest,json,onnx,wasm}'],
      globIgnores: ['**/*asyncify*', '**/*webgpu*', '**/bench*', '**/collect*'],
      maximumFileSizeToCacheInBytes: 40_000_000,
      dontCacheBustURLsMatching: /-[\w-]{8}\./, // hashed names: taken from the browser's cache
      navigateFallback: null,
      clientsClaim: true,
      skipWaiting: true,
      inlineWorkboxRuntime: true,
    },
  })

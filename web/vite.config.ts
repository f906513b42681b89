import { existsSync } from 'node:fs'
import preact from '@preact/preset-vite'
import { defaultClientConditions, defineConfig } from 'vite'
import { head } from './vite.head.ts'
import { packed } from './vite.packed.ts'
import { pwa } from './vite.pwa.ts'

// A page is a file beside this one; collect.html joins when it is there.
const pages = ['index.html', 'bench.html', 'collect.html'].filter((page) =>
  existsSync(new URL(page, import.meta.url)),
)

// Threads need an isolated page, and the camera a page that may ask for it: see server/web.py.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self)',
}

export default defineConfig(({ mode }) => ({
  plugins: mode === 'e2e' ? [] : [preact(), head(), pwa(), packed()],
  resolve: {
    // The runtime's glue from its own file: inlined into our worker it would start our worker
    // again for each of its threads.
    conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  worker: { format: 'es' },
  build: {
    outDir: '../src/facings/_web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: { input: mode === 'e2e' ? ['e2e/engine.html'] : pages },
  },
  server: { headers, proxy: { '/v1': 'http://127.0.0.1:8000' } },
  preview: { headers },
}))

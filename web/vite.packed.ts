/** Writes a brotli file beside everything worth packing: the service sends it as it lies there. */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { Plugin } from 'vite'

const PACKED = /\.(wasm|mjs|js|css|html|svg|json|webmanifest|onnx)$/
const LEAST_BYTES = 1024

export function packed(): Plugin {
  let folder = ''
  return {
    name: 'facings-packed',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
    },
    // Once everything is written, a service worker by another plugin too.
    closeBundle: { order: 'post', sequential: true, handler: () => packAll(folder) },
  }
}

async function packAll(folder: string): Promise<void> {
  const compress = promisify(brotliCompress)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile() && PACKED.test(each.name))) {
    const file = join(entry.parentPath, entry.name)
    const contents = await readFile(file)
    if (contents.length < LEAST_BYTES) continue
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
    const small = await compress(contents, { params })
    if (small.length < 0.95 * contents.length) await writeFile(`${file}.br`, small)
  }
}

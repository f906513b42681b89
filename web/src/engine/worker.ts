/** The worker that computes on the processor: WebAssembly, with threads where the page may. */

import { expose } from 'comlink'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import * as ort from 'onnxruntime-web/wasm'
import { Inference } from './inference'

// Both paths, or the runtime would start this very file for each of its threads.
const here = (path: string) => new URL(path, self.location.href).href
ort.env.wasm.wasmPaths = { wasm: here(wasm), mjs: here(mjs) }

expose(new Inference(ort, 'wasm'))

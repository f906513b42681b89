/** The worker that computes on the graphics card; only fetched where there is a real one. */

import { expose } from 'comlink'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import * as ort from 'onnxruntime-web/webgpu'
import { Inference } from './inference'

const here = (path: string) => new URL(path, self.location.href).href
ort.env.wasm.wasmPaths = { wasm: here(wasm), mjs: here(mjs) }

expose(new Inference(ort, 'webgpu'))

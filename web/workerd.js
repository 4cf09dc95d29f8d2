// The entry for workerd (Cloudflare Workers), which compiles no WebAssembly at run time: the module is imported. Models are not
// importable there, so configure({models}) must name them.

import wasm from './lic.wasm';

import { createApi } from './api.js';
import { startLocalWorker } from './local.js';

export { LicError } from './errors.js';

const api = /* @__PURE__ */ createApi({
  places: { wasm: { simd: () => wasm }, models: {} },
  open: (url, signal, range) => fetch(url, { signal, headers: range ? { Range: range } : undefined }),
  spawn: null,
  spawnLocal: async () => startLocalWorker(),
  workers: 0,
});

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

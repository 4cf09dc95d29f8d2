// The entry for browsers: files by fetch, decoding in workers.

import { createApi } from './api.js';
import { models, wasm } from './places.js';
import { fetchFile } from './source.js';

export { LicError } from './errors.js';

const MOST_WORKERS = 4;

const api = /* @__PURE__ */ createApi({
  places: { models, wasm },
  open: fetchFile,
  spawn: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
  spawnLocal: async () => (await import('./local.js')).startLocalWorker(),
  workers: Math.min(MOST_WORKERS, globalThis.navigator?.hardwareConcurrency || 1),
});

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

// The entry for browsers. Files come by fetch(), workers decode.

import { models, wasm } from './common/places.js';
import { createApi } from './decoder/api.js';
import { fetchFile } from './file/reader.js';

export { LicError } from './common/errors.js';

const MOST_WORKERS = 4;

const api = /* @__PURE__ */ createApi({
  places: { models, wasm },
  open: fetchFile,
  spawn: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
  spawnLocal: async () => (await import('./engine/local.js')).startLocalWorker(),
  workers: Math.min(MOST_WORKERS, globalThis.navigator?.hardwareConcurrency || 1),
});

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

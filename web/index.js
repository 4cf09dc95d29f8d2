// The entry for browsers: files by fetch, decoding in workers.

import { createApi } from './api.js';
import { models, wasm } from './places.js';
import { WorkerPool } from './pool.js';

export { LicError } from './errors.js';

const spawnWorker = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

/** @param {WebAssembly.Module} module */
async function startLocal(module) {
  const { LocalRunner } = await import('./local.js');
  return new LocalRunner(module);
}

const api = /* @__PURE__ */ createApi({
  places: { models, wasm },
  open: (url, signal) => fetch(url, { signal }),
  startRunner: async (module) => new WorkerPool(module, spawnWorker, () => startLocal(module)),
});

export const { decode, info, hashSymbols, configure, close } = api;

// The entry for Node. It takes files by path too. It decodes on this thread in slices, or in worker threads where
// configure({workers}) asks for them.

import { Worker } from 'node:worker_threads';

import { models, wasm } from './common/places.js';
import { createApi } from './decoder/api.js';
import { startLocalWorker } from './engine/local.js';
import { openFile } from './file/node-file.js';

export { LicError } from './common/errors.js';

/** Starts a worker thread that looks like a browser's worker. @returns {import('./common/types.d.ts').WorkerLike} */
function spawn() {
  const thread = new Worker(new URL('./node-worker.js', import.meta.url));
  /** @type {import('./common/types.d.ts').WorkerLike} */
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message, { transfer } = { transfer: [] }) =>
      thread.postMessage(message, /** @type {any[]} */ (transfer)),
    terminate: () => void thread.terminate(),
    ref: () => thread.ref(),
    unref: () => thread.unref(),
  };
  thread.on('message', (data) => worker.onmessage?.({ data }));
  thread.on('error', (error) => worker.onerror?.(error));
  return worker;
}

const api = /* @__PURE__ */ createApi({
  places: { models, wasm },
  open: openFile,
  spawn,
  spawnLocal: async () => startLocalWorker(),
  workers: 0,
});

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

// The entry for Node: files also by path; decoding on this thread in slices, or in worker threads where configure({workers}) asks for them.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { createApi } from './api.js';
import { startLocalWorker } from './local.js';
import { models, wasm } from './places.js';

export { LicError } from './errors.js';

const FETCHED = /^(https?|data|blob):/i;

/**
 * Node's fetch does not read files (nor would a path be a URL).
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 * @param {string} [range]
 */
async function open(url, signal, range) {
  const text = String(url);
  if (FETCHED.test(text)) return fetch(text, { signal, headers: range ? { Range: range } : undefined });
  const file = createReadStream(/^file:/i.test(text) ? fileURLToPath(text) : text);
  return /** @type {ReadableStream<Uint8Array>} */ (Readable.toWeb(file));
}

/** A worker thread with the looks of a browser's worker. @returns {import('./pool.js').WorkerLike} */
function spawn() {
  const thread = new Worker(new URL('./node-worker.js', import.meta.url));
  /** @type {import('./pool.js').WorkerLike} */
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message, { transfer } = { transfer: [] }) => thread.postMessage(message, /** @type {any[]} */ (transfer)),
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
  open,
  spawn,
  spawnLocal: async () => startLocalWorker(),
  workers: 0,
});

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

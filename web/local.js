// Decoding on the thread of the caller: a stand-in for a worker, with the same messages, none of them copied, and platforms that have
// nothing else.

import { serve } from './serve.js';
import { fetchFile } from './source.js';

/** @returns {import('./pool.js').WorkerLike} */
export function startLocalWorker() {
  const receive = serve((message) => queueMicrotask(() => worker.onmessage?.({ data: message })));
  /** @type {import('./pool.js').WorkerLike} */
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => receive(message),
    terminate: () => receive({ type: 'end' }),
  };
  return worker;
}

/**
 * A platform that starts no workers.
 * @param {import('./assets.js').Places} places
 * @param {import('./source.js').Open} [open]
 * @returns {import('./decoder.js').Platform}
 */
export function localPlatform(places, open = fetchFile) {
  return { places, open, spawn: null, spawnLocal: async () => startLocalWorker(), workers: 0 };
}

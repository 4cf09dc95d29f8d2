// Decoding on the thread of the caller: a stand-in for a worker, with the same messages, none of them copied, and platforms that have
// nothing else.

import { serve } from './receiver.js';
import { fetchFile } from '../file/reader.js';

/** @returns {import('../decoder/pool.js').WorkerLike} */
export function startLocalWorker() {
  const receive = serve((message) => queueMicrotask(() => worker.onmessage?.({ data: message })));
  /** @type {import('../decoder/pool.js').WorkerLike} */
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
 * @param {import('../decoder/assets.js').Places} places
 * @param {import('../file/reader.js').Open} [open]
 * @returns {import('../decoder/decoder.js').Platform}
 */
export function localPlatform(places, open = fetchFile) {
  return { places, open, spawn: null, spawnLocal: async () => startLocalWorker(), workers: 0 };
}

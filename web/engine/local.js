// Decoding on the thread of the caller. A stand-in takes the place of a worker and exchanges the same messages, without
// copies of them. Some platforms have nothing else.

import { fetchFile } from '../file/reader.js';
import { createReceiver } from './receiver.js';

/** @returns {import('../common/types.d.ts').WorkerLike} */
export function startLocalWorker() {
  const receive = createReceiver((message) => queueMicrotask(() => worker.onmessage?.({ data: message })));
  /** @type {import('../common/types.d.ts').WorkerLike} */
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
 * @param {import('../common/types.d.ts').Places} places
 * @param {import('../common/types.d.ts').Open} [open]
 * @returns {import('../common/types.d.ts').Platform}
 */
export function localPlatform(places, open = fetchFile) {
  return { places, open, spawn: null, spawnLocal: async () => startLocalWorker(), workers: 0 };
}

// A stand-in for a worker, on this thread: the same messages, none of them copied.

import { serve } from './serve.js';

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

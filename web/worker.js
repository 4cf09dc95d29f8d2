// The worker's end of pool.js: one engine, one job at a time, cancelled between slices.
//
//   page ──start──> worker ──ready──> page ──job──> worker ──done or failed──> page
//                                          ──cancel──>

import { packError } from './errors.js';
import { Engine } from './engine.js';
import { nextTask } from './local.js';

/** @typedef {import('./engine.js').Job} Job */

/** @type {Engine} */
let engine;
/** @type {number | null} */
let cancelled = null;

addEventListener('message', ({ data }) => {
  if (data.type === 'start') {
    engine = new Engine(data.module);
    postMessage({ type: 'ready' });
  } else if (data.type === 'job') {
    void work(data.id, data.job);
  } else if (data.type === 'cancel') {
    cancelled = data.id;
  }
});

/** @param {number} id @param {Job} job */
async function work(id, job) {
  const pause = async () => {
    await nextTask();
    if (cancelled === id) throw new Error('cancelled');
  };
  try {
    const result = await engine.run(job, pause);
    const transfer = typeof result === 'string' ? [] : [result.pixels.buffer];
    postMessage({ type: 'done', id, result }, { transfer });
  } catch (error) {
    postMessage({ type: 'failed', id, error: packError(error) });
  }
}

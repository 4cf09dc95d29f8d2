// Decodes on this thread, one picture after the other, in slices between which the thread is free for other work.

import { Engine } from './engine.js';

/**
 * @typedef {import('./engine.js').Job} Job
 * @typedef {import('./engine.js').Decoded} Decoded
 */

const SLICE_MS = 8;

export class LocalRunner {
  /** @type {Promise<unknown>} the job before */
  #last = Promise.resolve();
  #engine;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#engine = new Engine(module);
  }

  /**
   * @param {Job} job
   * @param {AbortSignal} [signal] ends the job at the next slice
   */
  run(job, signal) {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return this.#engine.run(job, makePause(signal));
    });
    // Not the turn itself: it would hold the picture until the next.
    const over = () => {};
    this.#last = turn.then(over, over);
    return turn;
  }

  /** Gives the memory back behind the last job. */
  retire() {
    this.#last = this.#last.then(() => this.#engine.drop());
  }
}

/** @param {AbortSignal} [signal] */
function makePause(signal) {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await nextTask();
    since = performance.now();
    signal?.throwIfAborted();
  };
}

/**
 * A turn of the event loop: timers, input and messages have their chance. Not scheduler.yield(), whose continuations go before
 * the message that cancels a job.
 * @returns {Promise<unknown>}
 */
export function nextTask() {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  if (typeof MessageChannel !== 'function') return new Promise((resolve) => setTimeout(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

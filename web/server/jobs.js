// Work that is done once for all who wait for it, so many pieces at a time, and that ends when nobody waits any more.
//
//   share(key, work, signal) ──first──> queue ──> work(signal) ──> all who share it
//                            ──others──────────────────────────┘

import { unavailable } from './problem.js';

/**
 * @typedef {object} Flight
 * @property {Promise<any>} result
 * @property {AbortController} controller
 * @property {number} waiting how many wait for the result
 */

export class Jobs {
  /** @type {Map<string, Flight>} */
  #flights = new Map();
  /** @type {Set<() => void>} starts those that wait for their turn, the oldest first */
  #queue = new Set();
  #running = 0;
  #concurrency;
  #maxQueue;
  #timeoutMs;

  /** @param {{concurrency: number, maxQueue: number, timeoutMs: number}} limits */
  constructor({ concurrency, maxQueue, timeoutMs }) {
    this.#concurrency = concurrency;
    this.#maxQueue = maxQueue;
    this.#timeoutMs = timeoutMs;
  }

  get running() {
    return this.#running;
  }

  get queued() {
    return this.#queue.size;
  }

  /**
   * What `work` gives, for this caller and all that name the same key meanwhile.
   * @template T
   * @param {string} key
   * @param {(signal: AbortSignal) => Promise<T>} work must end soon after its signal is aborted
   * @param {AbortSignal} signal ends this caller's waiting, and the work when nobody else waits
   * @returns {Promise<T>} rejects with a 503 when the queue is full, with a TimeoutError after the time limit
   */
  share(key, work, signal) {
    if (signal.aborted) return Promise.reject(signal.reason);
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    ++flight.waiting;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--flight.waiting > 0) return;
        this.#forget(key, flight);
        flight.controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** Ends all work. @param {unknown} reason */
  abort(reason) {
    for (const { controller } of this.#flights.values()) controller.abort(reason);
  }

  /** @param {string} key @param {(signal: AbortSignal) => Promise<any>} work */
  #start(key, work) {
    const controller = new AbortController();
    const limit = AbortSignal.any([controller.signal, AbortSignal.timeout(this.#timeoutMs)]);
    // Those who wait are told at once. The place stays taken until the work has really ended.
    const result = Promise.race([this.#run(() => work(limit), limit), rejectWhenAborted(limit)]);
    const flight = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    const over = () => this.#forget(key, flight);
    flight.result.then(over, over);
    return flight;
  }

  /** @param {string} key @param {Flight} flight */
  #forget(key, flight) {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @param {AbortSignal} signal
   */
  async #run(work, signal) {
    if (this.#running >= this.#concurrency) await this.#turn(signal);
    else ++this.#running;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.#passOn();
    }
  }

  /**
   * Resolves when a place is this job's.
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #turn(signal) {
    if (this.#queue.size >= this.#maxQueue)
      return Promise.reject(unavailable('overloaded', 'too many pictures are being made'));
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#queue.delete(start);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.add(start);
    });
  }

  /** Gives the place of a job that has ended to the next. */
  #passOn() {
    const [next] = this.#queue;
    if (!next) return void --this.#running;
    this.#queue.delete(next);
    next();
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function rejectWhenAborted(signal) {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

// Decodes in workers: started when needed, used again, ended when idle. Where workers cannot start (a page from a CDN, a CSP
// without worker-src), everything goes to a LocalRunner on this thread instead.

import { LicError, unpackError } from './errors.js';

/**
 * @typedef {import('./engine.js').Job} Job
 * @typedef {import('./engine.js').Decoded} Decoded
 * @typedef {{run(job: Job, signal?: AbortSignal): Promise<Decoded | string>, retire(): void}} Runner
 * @typedef {object} Task
 * @property {number} id
 * @property {Job} job
 * @property {AbortSignal} [signal]
 * @property {boolean} transfer whether the job's bytes may be transferred
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @typedef {object} Lane one worker
 * @property {Worker} worker
 * @property {boolean} ready
 * @property {Task | null} task
 * @property {Set<number>} models serials of the models that the worker has
 * @property {ReturnType<typeof setTimeout> | undefined} idle
 */

const MOST_WORKERS = 4;
const IDLE_MS = 10_000;

export class WorkerPool {
  /** @type {Lane[]} */
  #lanes = [];
  /** @type {Task[]} */
  #queue = [];
  /** @type {Promise<Runner> | null} set when workers cannot start */
  #local = null;
  #retired = false;
  #ids = 0;
  #module;
  #spawn;
  #startLocal;

  /**
   * @param {WebAssembly.Module} module
   * @param {() => Worker} spawn
   * @param {() => Promise<Runner>} startLocal
   */
  constructor(module, spawn, startLocal) {
    this.#module = module;
    this.#spawn = spawn;
    this.#startLocal = startLocal;
  }

  /**
   * @param {Job} job
   * @param {AbortSignal} [signal]
   * @param {boolean} [transfer] whether the job's bytes may be transferred
   * @returns {Promise<Decoded | string>}
   */
  run(job, signal, transfer = false) {
    if (this.#local) return this.#local.then((local) => local.run(job, signal));
    return new Promise((resolve, reject) => {
      const cancel = () => this.#cancel(task);
      const settle = (/** @type {(value: any) => void} */ how) => (/** @type {unknown} */ value) => {
        signal?.removeEventListener('abort', cancel);
        how(value);
      };
      /** @type {Task} */
      const task = { id: ++this.#ids, job, signal, transfer, resolve: settle(resolve), reject: settle(reject) };
      signal?.addEventListener('abort', cancel);
      this.#queue.push(task);
      this.#dispatch();
    });
  }

  /** Ends the workers as they fall idle. */
  retire() {
    this.#retired = true;
    for (const lane of this.#lanes) if (!lane.task && lane.ready) this.#end(lane);
    this.#local?.then((local) => local.retire());
  }

  #dispatch() {
    for (const lane of this.#lanes) if (lane.ready && !lane.task && this.#queue.length) this.#give(lane);
    const starting = this.#lanes.filter((lane) => !lane.ready).length;
    if (this.#queue.length > starting && this.#lanes.length < mostWorkers()) this.#start();
  }

  #start() {
    let worker;
    try {
      worker = this.#spawn();
    } catch {
      return this.#goLocal();
    }
    /** @type {Lane} */
    const lane = { worker, ready: false, task: null, models: new Set(), idle: undefined };
    this.#lanes.push(lane);
    worker.onmessage = ({ data }) => this.#receive(lane, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(lane, event.message);
    };
    worker.postMessage({ type: 'start', module: this.#module });
  }

  /** @param {Lane} lane @param {any} message */
  #receive(lane, message) {
    lane.ready = true;
    const { task } = lane;
    if (task) {
      lane.task = null;
      if (message.type === 'done') task.resolve(message.result);
      else task.reject(unpackError(message.error));
    }
    this.#rest(lane);
    this.#dispatch();
  }

  /** @param {Lane} lane */
  #give(lane) {
    const task = /** @type {Task} */ (this.#queue.shift());
    const { job } = task;
    const model = lane.models.has(job.model.serial) ? { serial: job.model.serial } : job.model;
    clearTimeout(lane.idle);
    lane.task = task;
    lane.models.add(model.serial);
    const transfer = task.transfer ? [job.bytes.buffer] : [];
    lane.worker.postMessage({ type: 'job', id: task.id, job: { ...job, model } }, { transfer });
  }

  /** @param {Task} task */
  #cancel(task) {
    this.#queue = this.#queue.filter((queued) => queued !== task);
    // The worker stays busy until it answers, at its next slice; the caller need not wait for that.
    const lane = this.#lanes.find((candidate) => candidate.task === task);
    lane?.worker.postMessage({ type: 'cancel', id: task.id });
    task.reject(task.signal?.reason);
  }

  /** @param {Lane} lane a worker without work */
  #rest(lane) {
    if (this.#retired && !this.#queue.length) return this.#end(lane);
    lane.idle = setTimeout(() => this.#end(lane), IDLE_MS);
  }

  /** @param {Lane} lane */
  #end(lane) {
    clearTimeout(lane.idle);
    lane.worker.terminate();
    this.#lanes = this.#lanes.filter((other) => other !== lane);
  }

  /**
   * A worker that failed: before it was ready because it may not run here, later because the browser gave it up.
   * @param {Lane} lane @param {string} message
   */
  #lose(lane, message) {
    this.#end(lane);
    if (!lane.ready) return this.#goLocal();
    lane.task?.reject(new LicError('internal', `the worker failed: ${message}`));
    this.#dispatch();
  }

  #goLocal() {
    this.#local ??= this.#startLocal();
    for (const { job, signal, resolve, reject } of this.#queue.splice(0)) {
      this.#local.then((local) => local.run(job, signal)).then(resolve, reject);
    }
  }
}

function mostWorkers() {
  return Math.min(MOST_WORKERS, globalThis.navigator?.hardwareConcurrency || 1);
}

// Decodes in workers, which start when they are needed, are used again, and end when they are idle. Where workers
// cannot start (the package lies on a CDN, or the policy of the page has no worker-src), a stand-in on this thread
// decodes.
//
//   take(job) ───> queue ──> lane: a worker, its jobs ──> result
//
// A lane has one job that works, and others that wait for bytes of their files.

import { LicError, unpackError } from '../common/errors.js';

/**
 * @typedef {import('../common/types.d.ts').Job} Job
 * @typedef {import('../common/types.d.ts').Events} Events
 * @typedef {import('../common/types.d.ts').Times} Times
 * @typedef {import('../common/types.d.ts').WorkerLike} WorkerLike
 * @typedef {import('../common/types.d.ts').FromWorker} FromWorker
 * @typedef {{result: any, times: Times, waited: number}} Finished `waited`: milliseconds in the queue
 * @typedef {object} Lane one worker
 * @property {WorkerLike} worker
 * @property {boolean} isLocal whether it is the stand-in
 * @property {boolean} ready
 * @property {Map<number, Task>} tasks
 * @property {Set<number>} known serials of the code and the models that the worker has
 * @property {ReturnType<typeof setTimeout> | undefined} idle
 * @property {import('../common/types.d.ts').EngineState} state of its engine
 * @typedef {object} Past what a decoder remembers of its pools
 * @property {number} created instances, of lanes that have ended
 * @property {number} recycled likewise
 * @property {number} dropped likewise
 * @property {number} workers the most of a pool at a time
 * @property {number} bytes likewise
 */

const IDLE_MS = 10_000;

// How many files a lane may wait for. Each holds memory.
const MOST_WAITING = 4;

/** A job on its way. */
class Task {
  /** Bytes that are not posted yet. @type {{bytes: Uint8Array, complete: boolean, transfer: boolean}[]} */
  chunks = [];
  complete = false;
  waits = false;
  /** @type {Lane | null} */
  lane = null;
  queuedAt = performance.now();
  waited = 0;

  /** @param {number} id @param {Job} job @param {Pick<Events, 'preview' | 'progress'>} events */
  constructor(id, job, events) {
    this.id = id;
    this.job = job;
    this.events = events;
    /** @type {Promise<Finished>} */
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.result.catch(() => {});
  }

  post() {
    const lane = /** @type {Lane} */ (this.lane);
    for (const { bytes: chunk, complete, transfer } of this.chunks.splice(0)) {
      // A message would carry the whole buffer of a view, so a view is copied.
      const bytes = transfer || lane.isLocal ? chunk : chunk.slice();
      lane.worker.postMessage(
        { type: 'bytes', id: this.id, bytes, complete },
        { transfer: lane.isLocal ? [] : [bytes.buffer] },
      );
      this.waits = false;
    }
  }
}

export class WorkerPool {
  /** @type {Lane[]} */
  #lanes = [];
  /** @type {Task[]} */
  #queue = [];
  #retired = false;
  #ids = 0;
  #spawn;
  #spawnLocal;
  #most;
  #startsLocal = false;
  #past;

  /**
   * @param {(() => WorkerLike) | null} spawn null: no workers
   * @param {() => Promise<WorkerLike>} spawnLocal
   * @param {number} most workers at a time
   * @param {Past} past is added to
   */
  constructor(spawn, spawnLocal, most, past) {
    this.#spawn = most > 0 ? spawn : null;
    this.#spawnLocal = spawnLocal;
    this.#most = this.#spawn ? most : 1;
    this.#past = past;
  }

  /** Starts a first worker, for what is about to come. */
  warm() {
    if (!this.#lanes.length) this.#start();
  }

  /** How many workers could begin with something new at once; at least 1. */
  get free() {
    return Math.max(1, this.#most - this.#lanes.filter(isBusy).length - this.#queue.length);
  }

  /**
   * Takes a job in. Its file is fed afterwards.
   * @param {Job} job
   * @param {Pick<Events, 'preview' | 'progress'>} events
   */
  take(job, events) {
    const task = new Task(++this.#ids, job, events);
    this.#queue.push(task);
    this.#dispatch();
    return task;
  }

  /**
   * Hands on bytes of a task's file.
   * @param {Task} task @param {Uint8Array} bytes
   * @param {{complete: boolean, transfer: boolean}} how complete: nothing follows; transfer: whether the bytes may be
   *   transferred
   */
  feed(task, bytes, { complete, transfer }) {
    task.chunks.push({ bytes, complete, transfer });
    task.complete ||= complete;
    if (task.lane) task.post();
    else this.#dispatch();
  }

  /** Ends a task. The caller need not wait for the worker to notice. @param {Task} task @param {unknown} reason */
  cancel(task, reason) {
    this.#queue = this.#queue.filter((queued) => queued !== task);
    task.lane?.worker.postMessage({ type: 'cancel', id: task.id });
    task.reject?.(reason);
  }

  /** Ends each worker when it has no work left. */
  retire() {
    this.#retired = true;
    for (const lane of [...this.#lanes]) if (lane.ready) this.#rest(lane);
  }

  /** Whether all work is done and no worker left. A new task brings a pool back to life. */
  get isOver() {
    return this.#retired && !this.#lanes.length && !this.#queue.length && !this.#startsLocal;
  }

  /** What the lanes have now. What ended lanes had stands in `past`. */
  stats() {
    const sum = (/** @type {'created' | 'recycled' | 'dropped' | 'memoryBytes'} */ name) =>
      this.#lanes.reduce((total, lane) => total + lane.state[name], 0);
    return {
      bytes: sum('memoryBytes'),
      running: this.#lanes.length,
      busy: this.#lanes.filter(isBusy).length,
      created: sum('created'),
      recycled: sum('recycled'),
      dropped: sum('dropped'),
    };
  }

  #dispatch() {
    for (const task of [...this.#queue]) {
      const lanes = this.#lanes.filter(
        (lane) => lane.ready && !isBusy(lane) && (task.complete || lane.tasks.size < MOST_WAITING),
      );
      if (!lanes.length) continue;
      this.#give(
        lanes.reduce((best, lane) => (lane.tasks.size < best.tasks.size ? lane : best)),
        task,
      );
    }
    const starting = this.#lanes.filter((lane) => !lane.ready).length;
    if (this.#queue.length > starting && this.#lanes.length < this.#most) this.#start();
  }

  #start() {
    if (!this.#spawn) return this.#startLocal();
    try {
      this.#open(this.#spawn(), false);
    } catch {
      this.#goLocal();
    }
  }

  async #startLocal() {
    if (this.#startsLocal) return;
    this.#startsLocal = true;
    try {
      this.#open(await this.#spawnLocal(), true);
    } catch (cause) {
      const error = new LicError('internal', `the decoder could not be loaded: ${cause}`, { cause });
      for (const task of this.#queue.splice(0)) task.reject?.(error);
    } finally {
      this.#startsLocal = false;
    }
  }

  /** @param {WorkerLike} worker @param {boolean} isLocal */
  #open(worker, isLocal) {
    /** @type {Lane} */
    const lane = {
      worker,
      isLocal,
      ready: false,
      tasks: new Map(),
      known: new Set(),
      idle: undefined,
      state: { memoryBytes: 0, created: 0, recycled: 0, dropped: 0 },
    };
    this.#lanes.push(lane);
    this.#past.workers = Math.max(this.#past.workers, this.#lanes.length);
    worker.onmessage = ({ data }) => this.#receive(lane, data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#lose(lane, event.message);
    };
    worker.postMessage({ type: 'start' });
  }

  /** @param {Lane} lane @param {FromWorker} message */
  #receive(lane, message) {
    if (message.type === 'ready') lane.ready = true;
    else this.#hear(lane, /** @type {Task} */ (lane.tasks.get(message.id)), message);
    if (!lane.tasks.size) this.#rest(lane);
    this.#dispatch();
  }

  /** @param {Lane} lane @param {Task} task @param {Exclude<FromWorker, {type: 'ready'}>} message about the task */
  #hear(lane, task, message) {
    if (message.type === 'waits') task.waits = !task.complete;
    else if (message.type === 'preview') task.events.preview(message.preview);
    else if (message.type === 'progress') task.events.progress(message.progress);
    else this.#finish(lane, task, message);
  }

  /** @param {Lane} lane @param {Task} task @param {Extract<FromWorker, {type: 'done' | 'failed'}>} message */
  #finish(lane, task, message) {
    const { times, engine } = message.report;
    lane.tasks.delete(task.id);
    lane.state = { ...engine };
    this.#past.bytes = Math.max(this.#past.bytes, this.stats().bytes);
    if (message.type === 'done') task.resolve?.({ result: message.result, times, waited: task.waited });
    else task.reject?.(unpackError(message.error));
  }

  /** @param {Lane} lane @param {Task} task */
  #give(lane, task) {
    this.#queue = this.#queue.filter((queued) => queued !== task);
    const { job } = task;
    const code = withoutKnown(job.code, lane.known);
    const model = job.model && withoutKnown(job.model, lane.known);
    clearTimeout(lane.idle);
    lane.worker.ref?.();
    lane.tasks.set(task.id, task);
    task.lane = lane;
    task.waited = performance.now() - task.queuedAt;
    lane.worker.postMessage(
      { type: 'job', id: task.id, job: { ...job, code, model } },
      { transfer: job.picture ? [job.picture.pixels.buffer] : [] },
    );
    task.post();
  }

  /** @param {Lane} lane a worker without work */
  #rest(lane) {
    clearTimeout(lane.idle);
    if (lane.tasks.size) return;
    if (this.#retired && !this.#queue.length) return this.#end(lane);
    lane.worker.unref?.();
    lane.idle = setTimeout(() => this.#end(lane), IDLE_MS);
    /** @type {any} */ (lane.idle).unref?.();
  }

  /** @param {Lane} lane */
  #end(lane) {
    clearTimeout(lane.idle);
    lane.worker.terminate();
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    this.#past.created += lane.state.created;
    this.#past.recycled += lane.state.recycled;
    this.#past.dropped += lane.state.dropped + Number(lane.state.memoryBytes > 0);
  }

  /**
   * Ends a worker that failed. Before it was ready the reason is that workers may not run here; later, that the browser
   * gave this one up.
   * @param {Lane} lane @param {string} message
   */
  #lose(lane, message) {
    if (!this.#lanes.includes(lane)) return;
    this.#end(lane);
    if (!lane.ready) return this.#goLocal();
    for (const task of lane.tasks.values()) task.reject?.(new LicError('internal', `the worker failed: ${message}`));
    this.#dispatch();
  }

  /** Workers cannot start here: the stand-in gets everything that waits and everything to come. */
  #goLocal() {
    this.#spawn = null;
    this.#most = 1;
    this.#dispatch();
  }
}

/**
 * Code or a model as it is sent: what it holds goes to each worker once.
 * @template {{serial: number}} T
 * @param {T} asset
 * @param {Set<number>} known serials that the worker has; is added to
 * @returns {T | {serial: number}}
 */
function withoutKnown(asset, known) {
  const { serial } = asset;
  if (known.has(serial)) return { serial };
  known.add(serial);
  return asset;
}

/** @param {Lane} lane */
function isBusy(lane) {
  for (const task of lane.tasks.values()) if (!task.waits) return true;
  return false;
}

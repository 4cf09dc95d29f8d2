// A decoder: its settings, its pool of workers, what it has counted. createDecoder() makes one; the package's own
// functions share another.
//
//   source ──> bytes as they come (reader.js) ──> header (info.js) ──> model, if any (assets.js)
//                            └──────────────────────────────────────────> pool.js ──> ImageData

import { LicError } from '../common/errors.js';
import { Whole } from '../common/rows.js';
import { nextTask } from '../common/turn.js';
import { HEADER_BYTES, modelOf, readInfo } from '../file/info.js';
import { INFO_BYTES, bytesForProfile, readProfile } from '../file/profile.js';
import { FileReader } from '../file/reader.js';
import { Assets } from './assets.js';
import { planBands } from './bands.js';
import { canvasSpace, mustConvert } from './colour.js';
import { Listener, toImageData } from './listener.js';
import { checkOptions, checkPixels, checkRegion } from './options.js';
import { WorkerPool } from './pool.js';

/**
 * @typedef {import('../index.d.ts').Source} Source
 * @typedef {import('../index.d.ts').Info} Info
 * @typedef {import('../index.d.ts').Region} Region
 * @typedef {import('../index.d.ts').DecodeOptions} DecodeOptions
 * @typedef {import('../index.d.ts').Configuration} Configuration
 * @typedef {import('../common/types.d.ts').Job} Job
 * @typedef {import('../common/types.d.ts').Code} Code
 * @typedef {import('../common/types.d.ts').Model} Model
 * @typedef {import('../common/types.d.ts').Platform} Platform
 * @typedef {ReturnType<WorkerPool['take']>} Task
 * @typedef {'pixels' | 'bitmap' | 'strips' | 'hash'} Wanted what a call is to give
 */

export class Decoder {
  #platform;
  /** @type {Configuration} */
  #configuration = {};
  /** @type {Assets} */
  #assets;
  /** @type {WorkerPool | null} */
  #pool = null;
  /** The pool, and earlier ones that still work. @type {Set<WorkerPool>} */
  #pools = new Set();
  #past = { created: 0, recycled: 0, dropped: 0, workers: 0, bytes: 0 };
  #closed = false;
  #counts = { started: 0, done: 0, failed: 0, aborted: 0 };
  #ms = { load: 0, wait: 0, entropy: 0, synthesis: 0, total: 0 };
  #bytes = 0;
  #pixels = 0;

  /** @param {Platform} platform @param {Configuration} configuration */
  constructor(platform, configuration) {
    this.#platform = platform;
    this.#assets = this.configure(configuration);
  }

  /** @param {Configuration} changes @returns {Assets} */
  configure(changes) {
    if (typeof changes !== 'object' || changes === null)
      throw new TypeError(`a configuration must be an object, not ${changes}`);
    const { workers } = changes;
    if (workers !== undefined && !(Number.isSafeInteger(workers) && workers >= 0)) {
      throw new TypeError(`workers must be a whole number of at least 0, not ${workers}`);
    }
    this.#retire();
    this.#configuration = { ...this.#configuration, ...changes };
    return (this.#assets = new Assets(this.#configuration, this.#platform.places, this.#platform.open));
  }

  /** @param {Source} source @param {DecodeOptions} [options] */
  async decode(source, options) {
    return toImageData(await this.#run('pixels', source, options));
  }

  /** @param {Source} source @param {DecodeOptions} [options] @returns {Promise<Info>} */
  async decodeStrips(source, options) {
    return (await this.#run('strips', source, options)).info;
  }

  /** @param {Source} source @param {DecodeOptions} [options] */
  async decodeToBitmap(source, options) {
    if (typeof createImageBitmap !== 'function')
      throw new DOMException('there are no ImageBitmaps here', 'NotSupportedError');
    return (await this.#run('bitmap', source, options)).result;
  }

  /** @param {Source} source @param {DecodeOptions} [options] @returns {Promise<string>} */
  async hashSymbols(source, options) {
    return (await this.#run('hash', source, options)).result;
  }

  /** Gives everything back when the running calls have ended. */
  close() {
    this.#closed = true;
    this.#retire();
  }

  /** Gives memory and workers back when the running calls have ended; later ones start anew. */
  release() {
    this.#retire();
    this.#assets = new Assets(this.#configuration, this.#platform.places, this.#platform.open);
  }

  /** @returns {import('../index.d.ts').Stats} */
  stats() {
    const pools = [...this.#pools].map((pool) => pool.stats());
    const sum = (/** @type {keyof typeof pools[0]} */ name) => pools.reduce((total, pool) => total + pool[name], 0);
    const { created, recycled, dropped, workers, bytes } = this.#past;
    return {
      decodes: { ...this.#counts },
      bytes: this.#bytes,
      pixels: this.#pixels,
      ms: { ...this.#ms },
      memory: { bytes: sum('bytes'), peak: bytes },
      workers: { running: sum('running'), busy: sum('busy'), most: workers },
      instances: {
        created: created + sum('created'),
        recycled: recycled + sum('recycled'),
        dropped: dropped + sum('dropped'),
      },
      wasm: this.#assets.kind,
    };
  }

  #retire() {
    this.#pool?.retire();
    this.#pool = null;
  }

  /** Starts a worker, and loads what any file needs, while the file is still asked for. */
  #start() {
    if (this.#closed) throw new LicError('internal', 'the decoder is closed');
    if (this.#pool) return this.#pool;
    const { spawn, spawnLocal, workers } = this.#platform;
    this.#assets.prefetch();
    const pool = new WorkerPool(spawn, spawnLocal, this.#configuration.workers ?? workers, this.#past);
    for (const old of this.#pools) if (old.isOver) this.#pools.delete(old);
    this.#pool = pool;
    this.#pools.add(pool);
    pool.warm();
    return pool;
  }

  /**
   * Counts a call, and ends it when its signal is aborted or a callback throws.
   * @param {Wanted} wanted @param {Source} source @param {DecodeOptions} [options]
   * @returns {Promise<{result: any, info: Info, colorSpace: PredefinedColorSpace}>}
   */
  async #run(wanted, source, options = {}) {
    const { signal } = checkOptions(options);
    signal?.throwIfAborted();
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort);
    ++this.#counts.started;
    const start = performance.now();
    try {
      const work = this.#work(wanted, source, options, stop);
      const finished = await orAborted(work, stop.signal);
      ++this.#counts.done;
      this.#ms.total += performance.now() - start;
      return finished;
    } catch (error) {
      ++this.#counts[signal?.aborted ? 'aborted' : 'failed'];
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * @param {Wanted} wanted @param {Source} source @param {DecodeOptions} options @param {AbortController} stop
   */
  async #work(wanted, source, options, stop) {
    const { signal } = stop;
    const start = performance.now();
    const pool = this.#start();
    const assets = this.#assets; // configure() may replace it while this call runs
    const reader = await FileReader.open(source, { open: this.#platform.open, signal });
    try {
      const info = await readStart(reader);
      checkPixels(info, options.maxPixels);
      if (options.region) checkRegion(info, options.region);
      if (wanted === 'hash') checkNamesModel(info);
      const tell = new Listener(options, stop, reader);
      tell.info(info);
      const headHash = options.head === 'file' ? (info.headHash ?? undefined) : options.head;
      const loaded = await loadAssets(assets, info, headHash);
      signal.throwIfAborted();
      this.#pools.add(pool); // it may have been retired and left the set while the assets loaded
      const bands = wanted === 'hash' ? [] : planBands(info, options.region, pool.free);
      const whole = bands.length > 1 && wanted !== 'strips' ? new Whole(options.region ?? info) : null;
      if (whole) tell.assemble(whole);
      const job = makeJob(wanted, options, { info, headHash, ...loaded, inBands: bands.length > 1 });
      const tasks = takeJobs(pool, bands, tell, job);
      const { finished, load } = await finish(tasks, { pool, reader, tell, signal, start });
      const picture = whole?.picture;
      const result =
        picture && wanted === 'bitmap'
          ? await makeBitmap(pool, { ...job, kind: 'bitmap', picture }, signal)
          : (picture ?? finished[0].result);
      for (const { times, waited } of finished) this.#count({ wait: waited, ...times });
      this.#count({ load });
      this.#bytes += reader.loaded;
      this.#pixels += (options.region ?? info).width * (options.region ?? info).height;
      this.#measure(start, load, info);
      return { result, info, colorSpace: canvasSpace(info) };
    } finally {
      reader.cancel();
    }
  }

  /** @param {Partial<import('../index.d.ts').Stats['ms']>} ms */
  #count(ms) {
    for (const name of /** @type {(keyof typeof ms)[]} */ (Object.keys(ms))) this.#ms[name] += ms[name] ?? 0;
  }

  /** @param {number} start @param {number} load milliseconds @param {Info} detail */
  #measure(start, load, detail) {
    if (!this.#configuration.measures) return;
    performance.measure('lic:load', { start, duration: load });
    performance.measure('lic:decode', { start, end: performance.now(), detail });
  }
}

/**
 * What the beginning of a file says.
 * @param {FileReader} reader
 * @returns {Promise<Info>}
 */
export async function readStart(reader) {
  const wants = () => (reader.loaded < HEADER_BYTES ? HEADER_BYTES : bytesForProfile(reader.peek()));
  while (!reader.complete && reader.loaded < wants()) {
    await reader.read();
    // readInfo() throws where this cannot be a .lic file; no more of it is read then.
    if (reader.loaded >= HEADER_BYTES) readInfo(reader.peek());
  }
  const start = reader.peek().subarray(0, INFO_BYTES);
  return { ...readInfo(start), profile: readProfile(start) };
}

/** @param {Info} info */
function checkNamesModel(info) {
  if (modelOf(info) !== null) return;
  const message = 'hashSymbols() is for files that name a model; of other files compare the pixels, which are exact';
  throw new LicError('unsupported_version', message);
}

/**
 * Loads what decodes a file: the code for its coding, and a model where that needs one.
 * @param {Assets} assets @param {Info} info @param {string} [headHash] of the head that is wanted
 * @returns {Promise<{code: Code, model: Model | null}>}
 */
async function loadAssets(assets, info, headHash) {
  const id = modelOf(info);
  const [model, code] = await Promise.all([id === null ? null : assets.model(id, headHash), assets.code(info.coding)]);
  return { code, model };
}

/**
 * The job of a whole picture or region.
 * @param {Wanted} wanted @param {DecodeOptions} options
 * @param {{info: Info, headHash?: string, code: Code, model: Model | null, inBands: boolean}} file inBands: whether
 *   bands will be made of the job
 * @returns {Job}
 */
function makeJob(wanted, { region, preview, onProgress }, { info, headHash, code, model, inBands }) {
  const needsWhole = wanted !== 'strips';
  return {
    kind: wanted === 'hash' ? 'hash' : 'decode',
    maxPixels: info.width * info.height,
    width: info.width,
    height: info.height,
    region,
    toEnd: region === undefined,
    headHash,
    preview: preview !== undefined,
    strips: onProgress !== undefined || (inBands && needsWhole),
    whole: needsWhole && !inBands,
    bitmap: wanted === 'bitmap',
    colorSpace: canvasSpace(info),
    isConverted: mustConvert(info),
    code,
    model,
  };
}

/**
 * A task for each band, or one for a hash.
 * @param {WorkerPool} pool @param {Region[]} bands @param {Listener} tell @param {Job} job
 */
function takeJobs(pool, bands, tell, job) {
  if (bands.length < 2) return [pool.take({ ...job, ...sizeOf(bands[0] ?? job) }, tell.events(job, 0, 1))];
  return bands.map((band, i) => {
    const part = { ...job, ...sizeOf(band), region: band };
    return pool.take(part, tell.events(part, i, bands.length));
  });
}

/**
 * Feeds the file to tasks until they have finished. When one of them, the file or the caller fails, all end.
 * @param {Task[]} tasks
 * @param {{pool: WorkerPool, reader: FileReader, tell: Listener, signal: AbortSignal, start: number}} call
 * @returns {Promise<{finished: import('./pool.js').Finished[], load: number}>} load: milliseconds from `start` until
 *   the whole file had come; 0 where a region was decoded before that
 */
async function finish(tasks, { pool, reader, tell, signal, start }) {
  const cancel = (/** @type {unknown} */ reason) => tasks.forEach((task) => pool.cancel(task, reason));
  signal.addEventListener('abort', () => cancel(signal.reason));
  let load = 0;
  pump(reader, pool, tasks, tell).then(() => (load = performance.now() - start), cancel);
  const finished = await Promise.all(tasks.map((task) => task.result)).catch((error) => {
    cancel(error);
    throw error;
  });
  return { finished, load };
}

/**
 * Makes an ImageBitmap in a worker, because browsers copy and convert all pixels in one task.
 * @param {WorkerPool} pool @param {Job} job with the picture, which is given away @param {AbortSignal} signal
 */
async function makeBitmap(pool, job, signal) {
  const task = pool.take(job, { preview() {}, progress() {} });
  signal.addEventListener('abort', () => pool.cancel(task, signal.reason));
  return (await task.result).result;
}

/** @param {{width: number, height: number}} size */
function sizeOf({ width, height }) {
  return { width, height };
}

// Copies of more bytes than this are made in turns of the event loop of their own.
const TURN_BYTES = 2 ** 20;
// A source that has its bytes at hand may be read for so long before others have their turn.
const TURN_MS = 8;

/**
 * Hands the file on as it comes, to every task.
 * @param {FileReader} reader @param {WorkerPool} pool @param {Task[]} tasks @param {Listener} tell
 */
async function pump(reader, pool, tasks, tell) {
  for (let turn = performance.now(); ;) {
    const chunks = reader.take();
    if (reader.complete && !chunks.length) chunks.push(new Uint8Array());
    for (const [i, bytes] of chunks.entries()) {
      const transfer = reader.owned && tasks.length === 1 && bytes.length === bytes.buffer.byteLength;
      const complete = reader.complete && i === chunks.length - 1;
      for (const task of tasks) {
        pool.feed(task, bytes, { complete, transfer });
        if (bytes.length > TURN_BYTES && !transfer) await nextTask();
      }
    }
    tell.loading();
    if (reader.complete) return;
    await reader.read();
    if (performance.now() - turn < TURN_MS) continue;
    await nextTask();
    turn = performance.now();
  }
}

/**
 * What `promise` gives, or a rejection as soon as the signal is aborted.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function orAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

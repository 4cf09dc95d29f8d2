// One instance of the WebAssembly decoder, and the decodes that run on it in slices. An engine runs in a worker or on
// the page's thread.
//
//   job, bytes as they come ──> Engine.run ──> Decoding.feed, step, step, ... ──> preview, strips, pixels
//
// Several jobs may run at once: while one waits for bytes of its file, another goes on.

import { LicError } from '../common/errors.js';
import { Rows } from '../common/rows.js';
import { convertToSrgb } from '../common/srgb.js';
import { Instance } from './instance.js';

/**
 * @typedef {import('./inbox.js').Inbox} Inbox
 * @typedef {import('../common/types.d.ts').Events} Events
 * @typedef {import('../common/types.d.ts').Job} Job
 * @typedef {import('../common/types.d.ts').Pixels} Pixels
 * @typedef {import('../common/types.d.ts').Times} Times
 * @typedef {() => void | Promise<void>} Pause is called between slices
 */

// Linear memory never shrinks. An instance that has grown beyond this is dropped when it is idle, to give its memory
// back.
const KEEP_BYTES = 96 * 2 ** 20;

// The address that stands for no model, a null pointer.
const NO_MODEL = 0;

export class Engine {
  #module;
  /** @type {Promise<Instance> | null} */
  #instance = null;
  /** @type {Map<number, {address: number, headHash: string}>} of the instance, by serial */
  #models = new Map();
  /** @type {Map<number, Uint8Array>} by serial; they outlive the instance */
  #modelFiles = new Map();
  #running = 0;
  #jobsOfInstance = 0;
  /** Bytes of linear memory, and what became of instances so far. */
  state = { memoryBytes: 0, created: 0, recycled: 0, dropped: 0 };

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#module = module;
  }

  /**
   * @param {Job} job
   * @param {Inbox} inbox its file
   * @param {Events} events
   * @param {Pause} pause
   * @param {Times} times are added to
   * @returns {Promise<Pixels | ImageBitmap | string | null>} the picture, null where it is not wanted, or the hash in
   *   hexadecimal
   */
  async run(job, inbox, events, pause, times) {
    ++this.#running;
    // Keep the bytes before anything can fail: the pool sends each model only once.
    if (job.model?.bytes) this.#modelFiles.set(job.model.serial, job.model.bytes);
    try {
      if (job.picture) return await makeBitmap(job.picture, job.colorSpace);
      this.#instance ??= this.#start();
      const instance = await this.#instance;
      this.state.recycled += Number(this.#jobsOfInstance++ > 0);
      const model = job.model ? this.#loadModel(instance, job.model.serial, job.headHash) : NO_MODEL;
      if (job.kind === 'hash') return instance.hashSymbols(model, await collect(inbox));
      const decoded = await decode(instance, model, { job, inbox, events, pause, times });
      return job.bitmap && decoded ? await makeBitmap(decoded, job.colorSpace) : decoded;
    } finally {
      --this.#running;
      await this.#tidy();
    }
  }

  async #start() {
    try {
      const instance = await Instance.create(this.#module);
      ++this.state.created;
      return instance;
    } catch (error) {
      this.#instance = null;
      throw error;
    }
  }

  /**
   * @param {Instance} instance @param {number} serial @param {string} [wanted] the head that it must have
   * @returns {number} its address
   */
  #loadModel(instance, serial, wanted) {
    let model = this.#models.get(serial);
    if (!model) {
      model = instance.loadModel(/** @type {Uint8Array} */ (this.#modelFiles.get(serial)));
      this.#models.set(serial, model);
    }
    const { address, headHash } = model;
    if (wanted === undefined || wanted === headHash) return address;
    const message = `the model at hand has head ${headHash}, not ${wanted}`;
    throw new LicError('model_mismatch', message, { details: { headHash, wanted } });
  }

  /** Drops an instance that has failed, or has grown and is idle. */
  async #tidy() {
    const instance = await this.#instance?.catch(() => null);
    if (!instance) return;
    this.state.memoryBytes = instance.memoryBytes;
    if (instance.broken || (!this.#running && instance.memoryBytes > KEEP_BYTES)) this.drop();
  }

  /** Lets go of the instance and its memory. */
  drop() {
    if (this.#instance) ++this.state.dropped;
    this.#instance = null;
    this.#jobsOfInstance = 0;
    this.#models.clear();
    this.state.memoryBytes = 0;
  }
}

/**
 * @param {Instance} instance
 * @param {number} model
 * @param {{job: Job, inbox: Inbox, events: Events, pause: Pause, times: Times}} run
 * @returns {Promise<Pixels | null>} null where only strips are wanted
 */
async function decode(instance, model, { job, inbox, events, pause, times }) {
  const rows = new Rows(job);
  const decoding = instance.begin(model, job);
  let hadPreview = !job.preview;
  try {
    for (;;) {
      for (const { bytes, complete } of inbox.take()) decoding.feed(bytes, complete);
      const start = performance.now();
      const step = decoding.step();
      if (step.strip) rows.add(job.isConverted ? toSrgb(step.strip) : step.strip);
      const now = performance.now();
      times[step.synthesized ? 'synthesis' : 'entropy'] += now - start;
      if (step.preview && !hadPreview) {
        hadPreview = true;
        const small = new Uint8ClampedArray(step.preview.pixels);
        if (job.isConverted) convertToSrgb(small);
        events.preview({ ...step.preview, pixels: small });
      }
      const strip = rows.take(now);
      if (strip) events.progress({ fraction: step.fraction, rows: rows.count, strip });
      if (step.done && (step.complete || !job.toEnd)) return rows.picture;
      if (step.done || step.waits) {
        events.waits();
        await inbox.wait();
      } else {
        await pause();
      }
    }
  } finally {
    decoding.end();
  }
}

/** @param {Inbox} inbox @returns {Promise<Uint8Array>} the whole file */
async function collect(inbox) {
  const chunks = [];
  for (let complete = false; !complete;) {
    await inbox.wait();
    for (const chunk of inbox.take()) {
      chunks.push(chunk.bytes);
      complete = chunk.complete;
    }
  }
  return chunks.length === 1
    ? chunks[0]
    : new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer());
}

/** @param {Pixels} picture @param {PredefinedColorSpace} colorSpace */
function makeBitmap({ pixels, width, height }, colorSpace) {
  return createImageBitmap(new ImageData(pixels, width, height, { colorSpace }));
}

/** @param {Uint8Array} strip of Display P3, in the decoder's memory @returns {Uint8Array} of sRGB */
function toSrgb(strip) {
  const pixels = new Uint8ClampedArray(strip);
  convertToSrgb(pixels);
  return new Uint8Array(pixels.buffer);
}

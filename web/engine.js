// One instance of the WebAssembly decoder and the decodes that run on it, in slices. Runs in a worker or on the page's thread.
//
//   job ──> Engine.run ──> Session.open, step, step, ... ──> pixels

import createLic from './lic.js';
import { LicError, checked } from './errors.js';

/**
 * @typedef {import('./lic.js').Lic} Lic
 * @typedef {import('./lic.js').Session} Session
 * @typedef {object} Job
 * @property {'decode' | 'hash'} kind
 * @property {Uint8Array} bytes a whole .lic file
 * @property {number} maxPixels
 * @property {{serial: number, bytes?: Uint8Array}} model the bytes may be absent where the engine has had the serial before
 * @typedef {object} Decoded
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray<ArrayBuffer>} pixels red, green, blue, alpha
 * @typedef {() => void | Promise<void>} Pause is called between slices; what it throws ends the decode
 */

// Linear memory never shrinks. An instance that has grown beyond this is dropped after the decode, to give its memory back.
const KEEP_BYTES = 128 * 2 ** 20;

export class Engine {
  #module;
  /** @type {Lic | null} */
  #lic = null;
  /** @type {Map<number, Session>} by the serial of the model */
  #sessions = new Map();
  /** @type {Map<number, Uint8Array>} by the serial; they outlive the instance */
  #models = new Map();

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#module = module;
  }

  /**
   * Does one job. The engine does one at a time.
   * @param {Job} job @param {Pause} pause
   * @returns {Promise<Decoded | string>} the picture, or the hash in hexadecimal
   */
  async run(job, pause) {
    let session;
    try {
      this.#lic ??= await instantiate(this.#module);
      session = this.#session(this.#lic, job.model);
      if (job.kind === 'hash') return checked(session.hashSymbols(job.bytes)).hash;
      return await decode(session, job, pause);
    } catch (error) {
      if (!isTrap(error)) throw error;
      // The instance's memory is in an unknown state: the next job gets a new one.
      session = null;
      this.drop();
      throw new LicError('internal', `the decoder failed: ${error}`, { cause: error });
    } finally {
      session?.close();
      if (this.#lic && this.#lic.memoryBytes() > KEEP_BYTES) this.drop();
    }
  }

  /** Lets go of the instance and its memory. */
  drop() {
    this.#lic = null;
    this.#sessions.clear();
  }

  /**
   * The session that has the job's model loaded.
   * @param {Lic} lic @param {Job['model']} model
   */
  #session(lic, { serial, bytes }) {
    if (bytes) this.#models.set(serial, bytes);
    const known = this.#sessions.get(serial);
    if (known) return known;
    const session = new lic.Session();
    try {
      checked(session.loadModel(/** @type {Uint8Array} */ (this.#models.get(serial))));
    } catch (error) {
      if (!isTrap(error)) session.delete();
      throw error;
    }
    this.#sessions.set(serial, session);
    return session;
  }
}

/**
 * @param {Session} session @param {Job} job @param {Pause} pause
 * @returns {Promise<Decoded>}
 */
async function decode(session, job, pause) {
  const { width, height } = checked(session.open(job.bytes, job.maxPixels));
  while (!checked(session.step()).done) await pause();
  return { width, height, pixels: copyOut(session.pixels()) };
}

/** @param {Uint8Array} view of linear memory */
function copyOut(view) {
  try {
    return new Uint8ClampedArray(view);
  } catch (cause) {
    throw new LicError('out_of_memory', `no memory for ${view.length} bytes of pixels`, { cause });
  }
}

/**
 * Whether WebAssembly itself failed: a trap, an abort of its runtime, its stack used up.
 * @param {unknown} error
 */
function isTrap(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/**
 * @param {WebAssembly.Module} module
 * @returns {Promise<Lic>}
 */
function instantiate(module) {
  return new Promise((resolve, reject) => {
    const fail = (/** @type {unknown} */ cause) => {
      const code = cause instanceof RangeError ? 'out_of_memory' : 'internal';
      reject(new LicError(code, `the decoder could not be started: ${cause}`, { cause }));
    };
    createLic({
      instantiateWasm(imports, receive) {
        WebAssembly.instantiate(module, imports).then((instance) => receive(instance), fail);
        return {};
      },
    }).then(resolve, fail);
  });
}

// The pictures of a site: which of them are worth a .lic file, each encoded once.

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, extname } from 'node:path';

import { Jobs } from '../jobs.js';
import { sha256 } from './encoder.js';

/**
 * @typedef {object} Made a picture file and what became of it
 * @property {string} file
 * @property {number} originalBytes
 * @property {Buffer | null} bytes of the .lic file, or null if there is none
 * @property {string} name of the .lic file, with a hash of its contents
 * @property {string | null} kept why the picture stays
 * @property {boolean} failed whether that was not intended
 * @property {boolean} isUsed whether a page shows the .lic file
 */

const NEVER = new AbortController().signal;
const A_DAY_MS = 86_400_000;

export class Pictures {
  /** @type {Map<string, Promise<Made>>} */
  #made = new Map();
  #encoder;
  #minBytes;
  #minSaving;
  #jobs;

  /**
   * @param {import('./encoder.js').Encoder} encoder
   * @param {{minBytes?: number, minSaving?: number, jobs?: number}} limits
   */
  constructor(encoder, { minBytes = 4096, minSaving = 10, jobs = availableParallelism() }) {
    this.#encoder = encoder;
    this.#minBytes = minBytes;
    this.#minSaving = minSaving;
    this.#jobs = new Jobs({ concurrency: jobs, maxQueue: Infinity, timeoutMs: A_DAY_MS });
  }

  /** @returns {Promise<Made[]>} all pictures that were asked for */
  all() {
    return Promise.all(this.#made.values());
  }

  /** @param {string} file @returns {Promise<Made>} */
  get(file) {
    const known = this.#made.get(file);
    if (known) return known;
    const making = this.#jobs.share(file, () => this.#make(file), NEVER);
    this.#made.set(file, making);
    return making;
  }

  /** Forgets a file that has changed. @param {string} file @returns {boolean} whether it was known */
  forget(file) {
    return this.#made.delete(file);
  }

  /** @param {string} file @returns {Promise<Made>} */
  async #make(file) {
    const original = await readFile(file).catch(() => null);
    /** @type {Made} */
    const made = {
      file,
      originalBytes: original?.length ?? 0,
      bytes: null,
      name: '',
      kept: null,
      failed: false,
      isUsed: false,
    };
    if (!original) return { ...made, kept: 'it is missing' };
    if (original.length < this.#minBytes) return { ...made, kept: `it has less than ${this.#minBytes} bytes` };
    if (isAnimated(original)) return { ...made, kept: 'it is animated' };
    const bytes = await this.#encoder.encode(original).catch((error) => /** @type {Error} */ (error));
    if (bytes instanceof Error) return { ...made, kept: bytes.message, failed: true };
    const kept =
      bytes.length > original.length * (1 - this.#minSaving / 100) ? `as .lic it has ${bytes.length} bytes` : null;
    return { ...made, bytes, name: `${basename(file, extname(file))}.${sha256(bytes).slice(0, 10)}.lic`, kept };
  }
}

/** Whether a file is an animated PNG: its control chunk goes before the picture. @param {Buffer} file */
function isAnimated(file) {
  const control = file.indexOf('acTL', 0, 'latin1');
  return file[0] === 0x89 && control > 0 && control < file.indexOf('IDAT', 0, 'latin1');
}

// Rows of pixels on their way from the synthesis to those who want them.
//
//   synthesis, a few rows ──> Rows ──┬── the whole picture ──────────────> page
//                                    └── strips ──> page ──> Whole, where several workers made them
//
// A page's thread that puts a picture together copies one strip in a task, however large the picture is.

import { join } from './bytes.js';
import { LicError } from './errors.js';

/**
 * @typedef {import('./types.d.ts').Pixels} Pixels
 * @typedef {import('./types.d.ts').Strip} Strip
 */

// Rows are handed on when there are so many bytes of them, or when so much time has passed.
export const STRIP_BYTES = 2 ** 21;
const STRIP_MS = 25;

/** The rows where they are made. */
export class Rows {
  #width;
  #height;
  #whole;
  /** Rows that have not been handed on; null where nobody wants strips. @type {Uint8Array[] | null} */
  #waiting;
  #waitingBytes = 0;
  #handedOn = 0;
  #handedOnAt = 0;
  /** How many rows are made. */
  count = 0;

  /** @param {Pick<import('./types.d.ts').Job, 'width' | 'height' | 'whole' | 'strips'>} job */
  constructor({ width, height, whole, strips }) {
    this.#width = width;
    this.#height = height;
    this.#whole = whole ? new Whole({ width, height }) : null;
    this.#waiting = strips ? [] : null;
  }

  /** @param {Uint8Array} strip the rows that follow */
  add(strip) {
    this.#whole?.put(this.count, strip);
    this.count += strip.length / (this.#width * 4);
    if (!this.#waiting) return;
    this.#waiting.push(strip.slice());
    this.#waitingBytes += strip.length;
  }

  /** @param {number} now @returns {Strip | null} what is to be handed on, if anything is */
  take(now) {
    if (!this.#waiting?.length) return null;
    const isDue = this.count === this.#height || this.#waitingBytes >= STRIP_BYTES || now - this.#handedOnAt > STRIP_MS;
    if (!isDue) return null;
    const y = this.#handedOn;
    const pixels = new Uint8ClampedArray(join(this.#waiting).buffer);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#handedOn = this.count;
    this.#handedOnAt = now;
    return { y, image: { width: this.#width, height: this.count - y, pixels } };
  }

  /** The whole picture, or null where nobody wants it. */
  get picture() {
    return this.#whole ? this.#whole.picture : null;
  }
}

/** A picture that is put together of strips. */
export class Whole {
  /** @type {Pixels} */
  picture;

  /** @param {{width: number, height: number}} size */
  constructor({ width, height }) {
    this.picture = { width, height, pixels: allocate(width * height * 4) };
  }

  /** @param {number} y their first row @param {Uint8Array | Uint8ClampedArray} strip */
  put(y, strip) {
    this.picture.pixels.set(strip, y * this.picture.width * 4);
  }
}

/** @param {number} length */
function allocate(length) {
  try {
    return new Uint8ClampedArray(length);
  } catch (cause) {
    throw new LicError('out_of_memory', `no memory for ${length} bytes of pixels`, { cause });
  }
}

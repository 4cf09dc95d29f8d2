// An instance of lic.wasm, or of lic-overfitted.wasm, which has no models: the functions of wasm/ as objects.
//
// Linear memory moves when it grows, and any call may make it grow. So every call is followed by new views of it.

import { LicError } from '../common/errors.js';

/**
 * @typedef {object} Step what a step did
 * @property {boolean} done all rows are made
 * @property {boolean} waits for bytes
 * @property {boolean} complete the whole file has been read and verified
 * @property {number} rowsDone
 * @property {Uint8Array | null} strip the last of these rows, in linear memory: valid until the next call
 * @property {{width: number, height: number, pixels: Uint8Array} | null} preview likewise
 * @property {number} fraction
 * @property {boolean} synthesized whether the step ran the synthesis
 */

// Codes by their numbers (docs/format.md#errors). Numbers from 13 on cannot come from here: 'internal'.
/** @type {Record<number, import('../index.d.ts').LicErrorCode>} */
const CODES = {
  1: 'not_lic',
  2: 'unsupported_version',
  3: 'truncated',
  4: 'bad_checksum',
  5: 'bad_header',
  6: 'bad_section',
  7: 'bad_stream',
  8: 'limit_exceeded',
  9: 'unknown_model',
  10: 'model_mismatch',
  11: 'bad_model',
  12: 'out_of_memory',
};

export class Instance {
  #exports;
  /** Whether WebAssembly trapped. Its memory is in an unknown state then. */
  broken = false;

  /**
   * @param {WebAssembly.Module} module
   * @returns {Promise<Instance>}
   */
  static async create(module) {
    try {
      const env = { emscripten_notify_memory_growth: () => {}, hardware_concurrency: () => 1 };
      return new Instance(await WebAssembly.instantiate(module, { env }));
    } catch (cause) {
      const code = cause instanceof RangeError ? 'out_of_memory' : 'internal';
      throw new LicError(code, `the decoder could not be started: ${cause}`, { cause });
    }
  }

  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    this.#exports = /** @type {Record<string, any>} */ (instance.exports);
    this.#exports._initialize();
  }

  /** Bytes of linear memory, which never shrinks. */
  get memoryBytes() {
    return this.#exports.memory.buffer.byteLength;
  }

  /**
   * @param {Uint8Array} bytes of a model file
   * @returns {{address: number, headHash: string}}
   */
  loadModel(bytes) {
    if (!('wasm_model_load' in this.#exports)) {
      const message = 'this decoder is one for files that carry their own networks, and takes no model';
      throw new LicError('unsupported_version', message);
    }
    return this.#withBytes(bytes, (address) => {
      this.call('wasm_model_load', address, bytes.length);
      return { address: this.words(1)[0], headHash: this.#text(this.#exports.wasm_text()) };
    });
  }

  /**
   * @param {number} model its address
   * @param {Uint8Array} bytes of a whole .lic file
   * @returns {string} hexadecimal
   */
  hashSymbols(model, bytes) {
    return this.#withBytes(bytes, (address) => {
      this.call('wasm_hash_symbols', model, address, bytes.length);
      return this.#text(this.#exports.wasm_text());
    });
  }

  /**
   * @param {number} model its address
   * @param {{maxPixels: number, region?: import('../index.d.ts').Region, preview?: boolean}} options
   */
  begin(model, { maxPixels, region, preview = false }) {
    const { x, y, width, height } = region ?? { x: 0, y: 0, width: 0, height: 0 };
    this.call('wasm_begin', model, maxPixels, x, y, width, height, preview);
    return new Decoding(this, this.words(1)[0]);
  }

  /** @param {number} address @param {number} length */
  bytes(address, length) {
    return new Uint8Array(this.#exports.memory.buffer, address, length);
  }

  /** @param {number} count */
  words(count) {
    return new Uint32Array(this.#exports.memory.buffer, this.#exports.wasm_words(), count);
  }

  /**
   * Calls a function that reports an error.
   * @param {string} name @param {...any} values
   */
  call(name, ...values) {
    const error = this.invoke(name, ...values);
    if (error !== 0) throw new LicError(CODES[error] ?? 'internal', this.#text(this.#exports.wasm_failure()));
  }

  /** @param {string} name @param {...any} values */
  invoke(name, ...values) {
    if (this.broken) throw new LicError('internal', 'the decoder failed at another picture');
    try {
      return this.#exports[name](...values);
    } catch (cause) {
      this.broken = true;
      throw new LicError('internal', `the decoder failed: ${cause}`, { cause });
    }
  }

  /**
   * @template T
   * @param {Uint8Array} bytes
   * @param {(address: number) => T} use with the bytes in linear memory
   */
  #withBytes(bytes, use) {
    const address = this.invoke('wasm_allocate', bytes.length) >>> 0;
    if (address === 0) throw new LicError('out_of_memory', `no memory for ${bytes.length} bytes`);
    try {
      this.bytes(address, bytes.length).set(bytes);
      return use(address);
    } finally {
      if (!this.broken) this.invoke('wasm_release', address);
    }
  }

  /** @param {number} address of a text that ends with a zero */
  #text(address) {
    const bytes = new Uint8Array(this.#exports.memory.buffer, address);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}

/** A file that is being decoded. */
export class Decoding {
  #instance;
  #address;

  /** @param {Instance} instance @param {number} address */
  constructor(instance, address) {
    this.#instance = instance;
    this.#address = address;
  }

  /**
   * @param {Uint8Array} bytes that have come
   * @param {boolean} complete whether nothing follows
   */
  feed(bytes, complete) {
    const at = this.#instance.invoke('wasm_reserve', this.#address, bytes.length) >>> 0;
    if (at === 0 && bytes.length > 0)
      throw new LicError('out_of_memory', `no memory for ${bytes.length} bytes of a file`);
    this.#instance.bytes(at, bytes.length).set(bytes);
    this.#instance.call('wasm_feed', this.#address, bytes.length, complete);
  }

  /** @returns {Step} */
  step() {
    const instance = this.#instance;
    instance.call('wasm_step', this.#address);
    const [
      done,
      waits,
      complete,
      rowsDone,
      stripRows,
      strip,
      previewWidth,
      previewHeight,
      preview,
      progress,
      synthesized,
      width,
    ] = instance.words(12);
    return {
      done: done !== 0,
      waits: waits !== 0,
      complete: complete !== 0,
      rowsDone,
      strip: stripRows ? instance.bytes(strip, stripRows * width * 4) : null,
      preview: previewHeight
        ? {
            width: previewWidth,
            height: previewHeight,
            pixels: instance.bytes(preview, previewWidth * previewHeight * 4),
          }
        : null,
      fraction: progress / 1000,
      synthesized: synthesized !== 0,
    };
  }

  end() {
    if (!this.#instance.broken) this.#instance.invoke('wasm_end', this.#address);
  }
}

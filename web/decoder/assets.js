// The compiled decoder and the models: where they lie. Each is loaded once, when it is first needed.

import { LicError } from '../common/errors.js';
import { isResponse, readAll, responseBody, viewBytes } from '../file/reader.js';

/**
 * @typedef {import('../index.d.ts').Configuration} Configuration
 * @typedef {import('../index.d.ts').Source} Source
 * @typedef {import('../common/types.d.ts').Model} Model
 */

let serials = 0;

export class Assets {
  /** @type {Map<string, Promise<any>>} */
  #loads = new Map();
  #configuration;
  #places;
  #open;

  /**
   * @param {Configuration} configuration
   * @param {import('../common/types.d.ts').Places} places
   * @param {import('../common/types.d.ts').Open} open
   */
  constructor(configuration, places, open) {
    this.#configuration = configuration;
    this.#places = places;
    this.#open = open;
  }

  /**
   * Which decoder: 'relaxed' where the engine has relaxed SIMD, 'simd' otherwise, 'given' if the caller chose; null
   * before it was needed.
   */
  kind = /** @type {'simd' | 'relaxed' | 'given' | null} */ (null);

  /** @returns {Promise<WebAssembly.Module>} */
  module() {
    return this.#once('module', async () => {
      const given = /** @type {any} */ (await this.#configuration.wasm);
      const places = given === undefined ? this.#places.wasm : isRecord(given) ? given : null;
      if (!places) {
        this.kind = 'given';
        return this.#compile(given);
      }
      this.kind = 'relaxed' in places && hasRelaxedSimd() ? 'relaxed' : 'simd';
      const place = await places[this.kind];
      return this.#compile(typeof place === 'function' ? place() : place);
    });
  }

  /**
   * @param {string} id
   * @param {string} [headHash] of the head that is wanted
   * @returns {Promise<Model>}
   */
  model(id, headHash) {
    const { models } = this.#configuration;
    if (models !== undefined && !isRecord(models)) return this.#loadModel('model', models);
    const withHead = `${id}/${headHash}`;
    const key = models && withHead in models ? withHead : id;
    const place = /** @type {any} */ (models)?.[key] ?? this.#places.models[id]?.();
    if (place === undefined) {
      const message = `no model ${id} is at hand; configure({models}) can name one`;
      return Promise.reject(new LicError('unknown_model', message, { details: { modelId: id } }));
    }
    return this.#loadModel(key, place);
  }

  /**
   * Begins to load before a header is read: the decoder and, where only one model is known, that model, which the first
   * picture most likely needs.
   */
  prefetch() {
    const { models } = this.#configuration;
    const ids = Object.keys(this.#places.models);
    if (models !== undefined && !isRecord(models)) this.#loadModel('model', models).catch(() => {});
    else if (models === undefined && ids.length === 1) this.model(ids[0]).catch(() => {});
    return this.module();
  }

  /** @param {string} name @param {any} place */
  #loadModel(name, place) {
    return this.#once(`model ${name}`, async () => ({
      serial: ++serials,
      bytes: await readAll(await place, { open: this.#open }),
    }));
  }

  /**
   * Remembers what `load` gives under a name. A failure is not remembered: the next call tries again.
   * @template T
   * @param {string} name @param {() => Promise<T>} load
   * @returns {Promise<T>}
   */
  #once(name, load) {
    const known = this.#loads.get(name);
    if (known) return known;
    const promise = load();
    this.#loads.set(name, promise);
    promise.catch(() => this.#loads.delete(name));
    return promise;
  }

  /** @param {any} source */
  async #compile(source) {
    if (source instanceof WebAssembly.Module) return source;
    const isUrl = typeof source === 'string' || source instanceof URL;
    const opened = isUrl ? await this.#open(source).catch((error) => failOpen(source, error)) : source;
    if (isResponse(opened)) responseBody(opened);
    try {
      if (isResponse(opened) && isWasmType(opened)) return await WebAssembly.compileStreaming(opened);
      const bytes = viewBytes(opened) ?? (await readAll(opened, { open: this.#open }));
      return await WebAssembly.compile(/** @type {BufferSource} */ (bytes));
    } catch (cause) {
      if (cause instanceof LicError) throw cause;
      const message = `the decoder could not be compiled (a page's CSP must allow 'wasm-unsafe-eval'): ${cause}`;
      throw new LicError('internal', message, { cause });
    }
  }
}

/** @param {string | URL} url @param {unknown} cause @returns {never} */
function failOpen(url, cause) {
  throw new LicError('io_error', `cannot open the decoder at ${url}`, { details: { url: String(url) }, cause });
}

/** @param {Response} response */
function isWasmType(response) {
  return response.headers.get('content-type')?.split(';')[0].trim() === 'application/wasm';
}

/**
 * Whether a setting names several places rather than being one.
 * @param {any} value
 * @returns {value is Record<string, any>}
 */
function isRecord(value) {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// A module with one function: three v128.const, f32x4.relaxed_madd, drop. Engines without relaxed SIMD find it invalid.
const RELAXED_PROBE = [
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  62,
  1,
  60,
  0,
  ...zeroVector(),
  ...zeroVector(),
  ...zeroVector(),
  253,
  133,
  2,
  26,
  11,
];

function zeroVector() {
  return [253, 12, ...new Array(16).fill(0)];
}

function hasRelaxedSimd() {
  return WebAssembly.validate(new Uint8Array(RELAXED_PROBE));
}

// The compiled decoders and the models: where they lie. Each is loaded once, when it is first needed.

import { LicError } from '../common/errors.js';
import { isResponse, readAll, responseBody, viewBytes } from '../file/reader.js';

/**
 * @typedef {import('../index.d.ts').Configuration} Configuration
 * @typedef {import('../index.d.ts').Source} Source
 * @typedef {import('../common/types.d.ts').Model} Model
 * @typedef {import('../common/types.d.ts').Code} Code
 * @typedef {import('../index.d.ts').Info['coding']} Coding
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

  /** Which decoder was needed last; null before the first. @type {import('../index.d.ts').Stats['wasm']} */
  kind = null;

  /**
   * The decoder for files of a coding.
   * @param {Coding} coding
   * @returns {Promise<Code>}
   */
  async code(coding) {
    const given = /** @type {any} */ (await this.#configuration.wasm);
    /** @type {Record<string, any> | null} */
    const places = given === undefined ? this.#places.wasm : isRecord(given) ? given : null;
    const kind = places ? kindOf(places, coding) : 'given';
    this.kind = kind;
    return this.#once(`code ${kind}`, async () => {
      const place = places ? await places[kind] : given;
      const module = await this.#compile(typeof place === 'function' ? place() : place);
      return { serial: ++serials, module };
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
   * Begins to load before a header is read what any file would need: the decoder, where the caller chose one for all;
   * and where the caller chose one model, that model and the decoder for it.
   */
  prefetch() {
    const { models, wasm } = this.#configuration;
    const hasModel = models !== undefined && !isRecord(models);
    if (hasModel) this.#loadModel('model', models).catch(() => {});
    if (hasModel || (wasm !== undefined && !isRecord(wasm))) this.code('autoencoder').catch(() => {});
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

/**
 * Whether engines compile the response as it comes: they want this type as it is, without parameters.
 * @param {Response} response
 */
function isWasmType(response) {
  return response.headers.get('content-type') === 'application/wasm';
}

/**
 * Which of several decoders a file takes. The small one knows one coding, the others know all.
 * @param {Record<string, any>} places @param {Coding} coding
 * @returns {'overfitted' | 'relaxed' | 'simd'}
 */
function kindOf(places, coding) {
  if (coding === 'overfitted' && 'overfitted' in places) return 'overfitted';
  return 'relaxed' in places && hasRelaxedSimd() ? 'relaxed' : 'simd';
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

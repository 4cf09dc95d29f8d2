// The compiled decoder and the models: where they lie, loaded once, when they are first needed.

import { LicError } from './errors.js';
import { isResponse, readSource, responseBody, viewBytes } from './source.js';

/**
 * @typedef {import('./index.js').Configuration} Configuration
 * @typedef {import('./index.js').Source} Source
 * @typedef {object} Places the package's own files; functions, so that nothing happens on import
 * @property {() => WebAssembly.Module | Source} wasm
 * @property {Record<string, () => Source>} models by model id
 * @typedef {{serial: number, bytes: Uint8Array}} Model a model file; the serial names it for this page
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
   * @param {Places} places
   * @param {import('./source.js').Open} open
   */
  constructor(configuration, places, open) {
    this.#configuration = configuration;
    this.#places = places;
    this.#open = open;
  }

  /** @returns {Promise<WebAssembly.Module>} */
  module() {
    return this.#once('module', async () => this.#compile(await (this.#configuration.wasm ?? this.#places.wasm())));
  }

  /**
   * @param {string} id
   * @returns {Promise<Model>}
   */
  model(id) {
    const { models } = this.#configuration;
    const record = isRecord(models) ? models : undefined;
    const single = record ? undefined : models;
    const place = single ?? record?.[id] ?? this.#places.models[id]?.();
    if (place === undefined) {
      const message = `no model ${id} is at hand; configure({models}) can name one`;
      return Promise.reject(new LicError('unknown_model', message, { details: { modelId: id } }));
    }
    return this.#once(single ? 'model' : `model ${id}`, async () => {
      const { bytes } = await readSource(/** @type {Source} */ (await place), { open: this.#open });
      return { serial: ++serials, bytes };
    });
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
      const bytes = viewBytes(opened) ?? (await readSource(opened, { open: this.#open })).bytes;
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
 * Whether `models` names models by id rather than being one.
 * @param {Configuration['models']} models
 * @returns {models is Record<string, Source | PromiseLike<Source>>}
 */
function isRecord(models) {
  if (typeof models !== 'object' || models === null) return false;
  const prototype = Object.getPrototypeOf(models);
  return prototype === Object.prototype || prototype === null;
}

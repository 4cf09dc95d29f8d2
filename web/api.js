// decode() and what belongs to it, for a platform: index.js, node.js and workerd.js say what a platform is.
//
//   source ──> bytes (source.js) ──> header (info.js) ──> module, model (assets.js) ──> runner ──> ImageData

import { Assets } from './assets.js';
import { HEADER_BYTES, readInfo } from './info.js';
import { LicError } from './errors.js';
import { readSource } from './source.js';

/**
 * @typedef {import('./index.js').Source} Source
 * @typedef {import('./index.js').Info} Info
 * @typedef {import('./index.js').DecodeOptions} DecodeOptions
 * @typedef {import('./engine.js').Job} Job
 * @typedef {import('./engine.js').Decoded} Decoded
 * @typedef {object} Runner does jobs; of those that it has taken, none is lost by retire()
 * @property {(job: Job, signal?: AbortSignal, transfer?: boolean) => Promise<Decoded | string>} run
 * @property {() => void} retire
 * @typedef {object} Platform
 * @property {import('./source.js').Open} open
 * @property {import('./assets.js').Places} places
 * @property {(module: WebAssembly.Module) => Promise<Runner>} startRunner
 */

const DEFAULT_MAX_PIXELS = 100_000_000;

/** @param {Platform} platform */
export function createApi(platform) {
  let configuration = {};
  let assets = new Assets(configuration, platform.places, platform.open);
  /** @type {Promise<Runner> | null} */
  let runner = null;

  /** @param {import('./index.js').Configuration} changes */
  function configure(changes) {
    if (typeof changes !== 'object' || changes === null) throw new TypeError('configure() takes an object');
    close();
    configuration = { ...configuration, ...changes };
    assets = new Assets(configuration, platform.places, platform.open);
  }

  function close() {
    runner?.then((running) => running.retire(), () => {});
    runner = null;
  }

  function startRunner() {
    if (!runner) {
      const starting = assets.module().then(platform.startRunner);
      starting.catch(() => {
        if (runner === starting) runner = null;
      });
      runner = starting;
    }
    return runner;
  }

  /**
   * @param {Source} source
   * @param {{signal?: AbortSignal}} [options]
   */
  async function info(source, options = {}) {
    const { signal } = checkOptions(options);
    signal?.throwIfAborted();
    const reading = readSource(source, { open: platform.open, signal, most: HEADER_BYTES });
    const { bytes } = await orAborted(reading, signal);
    return readInfo(bytes);
  }

  /** @param {Job['kind']} kind @param {Source} source @param {DecodeOptions} options */
  async function runJob(kind, source, options) {
    const { signal, maxPixels = DEFAULT_MAX_PIXELS, onInfo } = checkOptions(options);
    signal?.throwIfAborted();
    const needs = /** @type {Promise<any>[]} */ ([]);
    const onStart = (/** @type {Uint8Array} */ start) => {
      const header = readInfo(start);
      checkPixels(header, maxPixels);
      // Both begin while the rest of the file is on its way; a failure is reported when they are waited for.
      needs.push(assets.model(header.modelId), startRunner());
      for (const need of needs) need.catch(() => {});
      onInfo?.(header);
    };
    const run = async () => {
      const { bytes, owned } = await readSource(source, { open: platform.open, signal, onStart });
      const [model, running] = await Promise.all(needs);
      signal?.throwIfAborted();
      return running.run({ kind, bytes, maxPixels, model }, signal, owned);
    };
    return orAborted(run(), signal);
  }

  return {
    configure,
    close,
    info,
    /** @param {Source} source @param {DecodeOptions} [options] */
    decode: async (source, options = {}) => toImageData(await runJob('decode', source, options)),
    /** @param {Source} source @param {DecodeOptions} [options] */
    hashSymbols: (source, options = {}) => runJob('hash', source, options),
  };
}

/**
 * @template {DecodeOptions} T
 * @param {T} options
 */
function checkOptions(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  const { signal, maxPixels, onInfo } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new TypeError('signal must be an AbortSignal');
  }
  if (maxPixels !== undefined && !(Number.isSafeInteger(maxPixels) && maxPixels > 0)) {
    throw new TypeError('maxPixels must be a positive integer');
  }
  if (onInfo !== undefined && typeof onInfo !== 'function') throw new TypeError('onInfo must be a function');
  return options;
}

/** @param {Info} info @param {number} maxPixels */
function checkPixels({ width, height }, maxPixels) {
  if (width * height <= maxPixels) return;
  const message = `${width} x ${height} is more than the limit of ${maxPixels} pixels`;
  throw new LicError('limit_exceeded', message, { details: { width, height, maxPixels } });
}

/**
 * What `promise` gives, or a rejection as soon as the signal is aborted.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function orAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** @param {any} decoded */
function toImageData({ width, height, pixels }) {
  if (typeof ImageData !== 'function') return { width, height, data: pixels, colorSpace: 'srgb' };
  try {
    return new ImageData(pixels, width, height);
  } catch (cause) {
    throw new LicError('out_of_memory', `no ImageData of ${width} x ${height} pixels`, { cause });
  }
}

// The package's functions, for a platform: index.js, node.js and workerd.js say what a platform is.

import { INFO_BYTES } from '../file/profile.js';
import { FileReader } from '../file/reader.js';
import { Decoder, orAborted, readStart } from './decoder.js';
import { checkOptions } from './options.js';

/**
 * @typedef {import('../index.d.ts').Source} Source
 * @typedef {import('../index.d.ts').DecodeOptions} DecodeOptions
 * @typedef {import('../index.d.ts').Configuration} Configuration
 */

/** @param {import('../common/types.d.ts').Platform} platform */
export function createApi(platform) {
  const shared = new Decoder(platform, {});

  /** @param {Source} source @param {{signal?: AbortSignal}} [options] */
  async function info(source, options = {}) {
    const { signal } = checkOptions(options);
    signal?.throwIfAborted();
    const read = async () => {
      const reader = await FileReader.open(source, { open: platform.open, signal, most: INFO_BYTES });
      return readStart(reader).finally(() => reader.cancel());
    };
    return orAborted(read(), signal);
  }

  /** @param {Configuration} [configuration] */
  function createDecoder(configuration = {}) {
    const decoder = new Decoder(platform, configuration);
    return {
      ...methodsOf(decoder),
      close: () => decoder.close(),
      [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => decoder.close(),
    };
  }

  return {
    ...methodsOf(shared),
    info,
    createDecoder,
    /** @param {Configuration} changes */
    configure: (changes) => void shared.configure(changes),
    close: () => shared.release(),
  };
}

/** @param {Decoder} decoder */
function methodsOf(decoder) {
  return {
    /** @param {Source} source @param {DecodeOptions} [options] */
    decode: (source, options) => decoder.decode(source, options),
    /** @param {Source} source @param {DecodeOptions} [options] */
    decodeStrips: (source, options) => decoder.decodeStrips(source, options),
    /** @param {Source} source @param {DecodeOptions} [options] */
    decodeToBitmap: (source, options) => decoder.decodeToBitmap(source, options),
    /** @param {Source} source @param {DecodeOptions} [options] */
    hashSymbols: (source, options) => decoder.hashSymbols(source, options),
    stats: () => decoder.stats(),
  };
}

// The options of createLicHandler(), checked, with their defaults.

import { availableParallelism } from 'node:os';

import { ENCODERS } from './render.js';

/**
 * @typedef {import('./server.js').LicHandlerOptions} LicHandlerOptions
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 */

const MIB = 2 ** 20;
const YEAR_SECONDS = 31_536_000;
const WIDTHS = [160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840];
const QUALITIES = [30, 50, 70, 90];
const PICTURE_FORMATS = /** @type {PictureFormat[]} */ (Object.keys(ENCODERS));

/** @param {LicHandlerOptions} options */
export function readOptions(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('createLicHandler() takes an object');
  const {
    source,
    formats,
    encoders = {},
    widths = WIDTHS,
    qualities = QUALITIES,
    prefix = '',
    metrics = false,
    headers = {},
    diskCache,
    immutable = false,
  } = options;
  if (typeof source !== 'string' && typeof source !== 'function')
    throw new TypeError('source must be a folder or a function');
  if (formats && !(formats.length && formats.every((format) => PICTURE_FORMATS.includes(format)))) {
    throw new TypeError(`formats must be some of ${PICTURE_FORMATS.join(', ')}`);
  }
  if (!widths.length || !widths.every((width) => Number.isSafeInteger(width) && width > 0)) {
    throw new TypeError('widths must be whole numbers of pixels');
  }
  if (!qualities.every((quality) => Number.isSafeInteger(quality) && quality > 0 && quality <= 100)) {
    throw new TypeError('qualities must be whole numbers from 1 to 100');
  }
  if (prefix !== '' && !/^(\/[^/?#]+)+$/.test(prefix))
    throw new TypeError('prefix must begin with a slash and not end with one');
  if (diskCache && typeof diskCache.folder !== 'string') throw new TypeError('diskCache.folder must be a folder');
  if (typeof (options.decoderTag ?? '') !== 'string') throw new TypeError('decoderTag must be a string');
  const maxAge = checkCount('maxAge', options.maxAge ?? (immutable ? YEAR_SECONDS : 3600), 0);
  return {
    source,
    prefix,
    headers,
    metrics,
    formats: formats ?? PICTURE_FORMATS,
    isChosen: formats !== undefined,
    encoders: /** @type {import('./render.js').Encoders} */ (
      Object.fromEntries(PICTURE_FORMATS.map((format) => [format, { ...ENCODERS[format], ...encoders[format] }]))
    ),
    widths: [...widths].sort((a, b) => a - b),
    qualities: [...qualities].sort((a, b) => a - b),
    useSharp: options.sharp ?? true,
    followSymlinks: options.followSymlinks ?? false,
    cacheControl: `public, max-age=${maxAge}${immutable ? ', immutable' : ''}`,
    memoryCacheBytes: checkCount('memoryCacheBytes', options.memoryCacheBytes ?? 64 * MIB, 0),
    diskCache: diskCache && {
      folder: diskCache.folder,
      maxBytes: checkCount('diskCache.maxBytes', diskCache.maxBytes ?? 1024 * MIB),
    },
    decoder: options.decoder,
    decoderTag: options.decoderTag ?? null,
    sample: options.sample,
    maxPixels: checkCount('maxPixels', options.maxPixels ?? 50_000_000),
    maxFileBytes: checkCount('maxFileBytes', options.maxFileBytes ?? 64 * MIB),
    limits: {
      concurrency: checkCount('concurrency', options.concurrency ?? availableParallelism()),
      maxQueue: checkCount('maxQueue', options.maxQueue ?? 64, 0),
      timeoutMs: checkCount('timeoutMs', options.timeoutMs ?? 30_000),
    },
    onError: options.onError ?? (() => {}),
  };
}

/** @param {string} name @param {number} value @param {number} [least] */
function checkCount(name, value, least = 1) {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} must be a whole number of at least ${least}`);
}

// The settings of a handler: the options of createLicHandler(), checked, with their defaults.

import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';

import { ENCODERS } from './render.js';

/**
 * @typedef {import('./server.js').LicHandlerOptions} LicHandlerOptions
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 */

const MIB = 2 ** 20;
const HOUR_SECONDS = 3600;
const YEAR_SECONDS = 31_536_000;
const WIDTHS = [160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840];
const QUALITIES = [30, 50, 70, 90];
const PICTURE_FORMATS = /** @type {PictureFormat[]} */ (Object.keys(ENCODERS));

/** @param {LicHandlerOptions} options */
export function readOptions(options) {
  check('createLicHandler()', 'called with an object', options, typeof options === 'object' && options !== null);
  const { source, headers = {}, metrics = false, prefix = '', decoderTag = null, immutable = false } = options;
  check('source', 'a folder or a function', source, typeof source === 'string' || typeof source === 'function');
  const isPrefix = prefix === '' || /^(\/[^/?#]+)+$/.test(prefix);
  check('prefix', 'a path that begins with a slash and does not end with one', prefix, isPrefix);
  check('decoderTag', 'a string', decoderTag, decoderTag === null || typeof decoderTag === 'string');
  const maxAge = readCount('maxAge', options.maxAge, immutable ? YEAR_SECONDS : HOUR_SECONDS, 0);
  return {
    source,
    prefix,
    headers,
    metrics,
    ...readFormats(options),
    useSharp: options.sharp ?? true,
    followSymlinks: options.followSymlinks ?? false,
    cacheControl: `public, max-age=${maxAge}${immutable ? ', immutable' : ''}`,
    memoryCacheBytes: readCount('memoryCacheBytes', options.memoryCacheBytes, 64 * MIB, 0),
    diskCache: readDiskCache(options.diskCache),
    decoder: options.decoder,
    decoderTag,
    sample: options.sample,
    maxPixels: readCount('maxPixels', options.maxPixels, 50_000_000),
    maxFileBytes: readCount('maxFileBytes', options.maxFileBytes, 64 * MIB),
    limits: {
      concurrency: readCount('concurrency', options.concurrency, availableParallelism()),
      maxQueue: readCount('maxQueue', options.maxQueue, 64, 0),
      timeoutMs: readCount('timeoutMs', options.timeoutMs, 30_000),
    },
    onError: options.onError ?? (() => {}),
  };
}

/** What pictures can be had. @param {LicHandlerOptions} options */
function readFormats({ formats, encoders = {}, widths = WIDTHS, qualities = QUALITIES }) {
  const areFormats = !formats || (formats.length > 0 && formats.every((format) => PICTURE_FORMATS.includes(format)));
  check('formats', `some of ${PICTURE_FORMATS.join(', ')}`, formats, areFormats);
  check('widths', 'whole numbers of pixels, at least one', widths, widths.length > 0 && widths.every(isCount));
  const areQualities = qualities.every((quality) => isCount(quality) && quality <= 100);
  check('qualities', 'whole numbers from 1 to 100', qualities, areQualities);
  const merged = PICTURE_FORMATS.map((format) => [format, { ...ENCODERS[format], ...encoders[format] }]);
  return {
    formats: formats ?? PICTURE_FORMATS,
    isChosen: formats !== undefined,
    encoders: /** @type {import('./render.js').Encoders} */ (Object.fromEntries(merged)),
    widths: [...widths].sort((a, b) => a - b),
    qualities: [...qualities].sort((a, b) => a - b),
  };
}

/** @param {LicHandlerOptions['diskCache']} diskCache */
function readDiskCache(diskCache) {
  if (!diskCache) return diskCache;
  const { folder, maxBytes } = diskCache;
  check('diskCache.folder', 'a folder', folder, typeof folder === 'string');
  return { folder, maxBytes: readCount('diskCache.maxBytes', maxBytes, 1024 * MIB) };
}

/** @param {number} value */
const isCount = (value) => Number.isSafeInteger(value) && value > 0;

/** @param {string} name @param {number | undefined} value @param {number} byDefault @param {number} [least] */
function readCount(name, value, byDefault, least = 1) {
  const count = value ?? byDefault;
  check(name, `a whole number of at least ${least}`, count, Number.isSafeInteger(count) && count >= least);
  return count;
}

/** @param {string} name @param {string} allowed what it must be @param {unknown} value @param {boolean} isRight */
function check(name, allowed, value, isRight) {
  if (!isRight) throw new TypeError(`${name} must be ${allowed}, not ${inspect(value)}`);
}

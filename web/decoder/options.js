// Checks of what callers hand in. A value of the wrong kind is a TypeError, one that does not suit the picture a
// RangeError.

import { LicError } from '../common/errors.js';

/**
 * @typedef {import('../index.d.ts').DecodeOptions} DecodeOptions
 * @typedef {{width: number, height: number}} Size
 */

const DEFAULT_MAX_PIXELS = 100_000_000;
const HEAD = /^(file|[0-9a-f]{16})$/;

/**
 * @template {DecodeOptions} T
 * @param {T} options
 */
export function checkOptions(options) {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options must be an object, not ${String(options)}`);
  const { signal, maxPixels, region, head } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new TypeError('signal must be an AbortSignal');
  }
  if (maxPixels !== undefined && !(Number.isSafeInteger(maxPixels) && maxPixels > 0)) {
    throw new TypeError(`maxPixels must be a positive integer, not ${maxPixels}`);
  }
  if (region !== undefined && (typeof region !== 'object' || region === null))
    throw new TypeError(`region must be an object, not ${region}`);
  if (head !== undefined && !HEAD.test(head))
    throw new TypeError(`head must be 16 hexadecimal digits or 'file', not '${head}'`);
  for (const name of /** @type {const} */ (['onInfo', 'onProgress', 'preview'])) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new TypeError(`${name} must be a function, not of type ${typeof options[name]}`);
  }
  return options;
}

/** @param {Size} picture @param {number} [maxPixels] */
export function checkPixels({ width, height }, maxPixels = DEFAULT_MAX_PIXELS) {
  if (width * height <= maxPixels) return;
  const message = `${width} x ${height} is more than the limit of ${maxPixels} pixels`;
  throw new LicError('limit_exceeded', message, { details: { width, height, maxPixels } });
}

/** @param {Size} picture @param {import('../index.d.ts').Region} region */
export function checkRegion(picture, region) {
  const { x, y, width, height } = region;
  const isWhole = [x, y, width, height].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (isWhole && width > 0 && height > 0 && x + width <= picture.width && y + height <= picture.height) return;
  throw new RangeError(
    `region ${width} x ${height} at ${x}, ${y} is no part of a picture of ${picture.width} x ${picture.height}`,
  );
}

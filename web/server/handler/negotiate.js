// Who gets the .lic file, and who a picture that every browser shows, and in which format.
//
//   ?format=                    what it says
//   Accept names image/x-lic    the file
//   Sec-Fetch-Dest: empty       the file: a script fetches it, <lic-img> or decode()
//   Sec-Fetch-Dest: other       a picture: <img>, CSS, the address bar
//   neither (old browsers, http:, programs)  a picture where Accept names an image type, the file otherwise

import { HttpProblem } from '../problem.js';

/**
 * @typedef {import('./target.js').Target} Target
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 * @typedef {import('node:http').IncomingHttpHeaders} Headers
 * @typedef {{type: string, q: number}} MediaRange
 */

/** This media type is not registered, and `.lic` is in no table of media types. */
export const LIC_TYPE = 'image/x-lic';

/** @type {Record<'lic' | PictureFormat, string>} */
export const TYPES = { lic: LIC_TYPE, avif: 'image/avif', webp: 'image/webp', jpeg: 'image/jpeg', png: 'image/png' };

/** How many pixels a side may have. @type {Record<PictureFormat, number>} */
const MOST_SIDE = { avif: 16_384, webp: 16_383, jpeg: 65_500, png: 2 ** 31 - 1 };

/** The request headers on which the choice depends. */
export const VARY = 'Accept, Sec-Fetch-Dest';

/**
 * @param {Target} target
 * @param {Headers} headers
 * @returns {boolean} whether the client is to have the .lic file
 */
export function wantsFile({ format, width, quality }, headers) {
  if (format) return format === 'lic';
  if ((width ?? quality) !== null) return false;
  const named = parseAccept(headers.accept).filter(({ q }) => q > 0);
  if (named.some(({ type }) => type === LIC_TYPE)) return true;
  const destination = headers['sec-fetch-dest'];
  if (destination) return destination === 'empty';
  return !named.some(({ type }) => type.startsWith('image/'));
}

/** @typedef {{width: number, height: number}} Size */

/**
 * Refuses a format in which there is no picture of this size.
 * @param {PictureFormat} format @param {Size} size
 */
export function checkSize(format, { width, height }) {
  const most = MOST_SIDE[format];
  if (Math.max(width, height) <= most) return;
  const detail = `${TYPES[format]} has at most ${most} pixels a side, and the picture would have ${width} x ${height}`;
  throw new HttpProblem(501, 'format_unavailable', detail);
}

/**
 * The format that the client likes best; of equals, the server's favourite. AVIF and WebP must be named: a wildcard
 * says nothing of a decoder.
 * @param {Headers} headers
 * @param {PictureFormat[]} known the server's favourite first
 * @param {boolean} hasAlpha JPEG is no choice then, and of equals WebP goes before AVIF, which changes alpha
 * @param {Size} size of the picture; formats without such pictures are no choice
 * @returns {PictureFormat}
 */
export function chooseFormat(headers, known, hasAlpha, size) {
  const ranges = parseAccept(headers.accept);
  const formats = known.filter((format) => Math.max(size.width, size.height) <= MOST_SIDE[format]);
  const qualities = formats.map((format) => {
    if (format === 'jpeg' && hasAlpha) return 0;
    return findQuality(ranges, TYPES[format], format === 'jpeg' || format === 'png');
  });
  const best = Math.max(...qualities);
  if (best > 0) {
    const chosen = formats[qualities.indexOf(best)];
    return hasAlpha && chosen === 'avif' && qualities[formats.indexOf('webp')] === best ? 'webp' : chosen;
  }
  throw new HttpProblem(
    406,
    'not_acceptable',
    `the picture can be had as ${[...formats.map((format) => TYPES[format]), LIC_TYPE].join(' or ')}`,
  );
}

/**
 * @param {MediaRange[]} ranges @param {string} type
 * @param {boolean} byWildcard whether a wildcard may stand for the type
 */
function findQuality(ranges, type, byWildcard) {
  const wildcards = byWildcard ? [`${type.split('/')[0]}/*`, '*/*'] : [];
  for (const name of [type, ...wildcards]) {
    const range = ranges.find((candidate) => candidate.type === name);
    if (range) return range.q;
  }
  return 0;
}

/**
 * RFC 9110, 12.5.1. No media range of pictures has parameters, so only `q` is read.
 * @param {string} [accept] a missing header accepts everything
 * @returns {MediaRange[]}
 */
function parseAccept(accept = '*/*') {
  return accept
    .toLowerCase()
    .split(',')
    .map((text) => {
      const [type, ...parameters] = text.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      const q = weight === undefined ? 1 : Number(weight.slice(2));
      return { type, q: q >= 0 && q <= 1 ? q : 0 };
    });
}

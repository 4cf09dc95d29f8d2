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

/**
 * The format that the client likes best; of equals, the server's favourite. AVIF and WebP must be named: a wildcard
 * says nothing of a decoder.
 * @param {Headers} headers
 * @param {PictureFormat[]} formats at hand, the server's favourite first
 * @param {boolean} hasAlpha JPEG is no choice then
 * @returns {PictureFormat}
 */
export function chooseFormat(headers, formats, hasAlpha) {
  const ranges = parseAccept(headers.accept);
  const qualities = formats.map((format) => {
    if (format === 'jpeg' && hasAlpha) return 0;
    return findQuality(ranges, TYPES[format], format === 'jpeg' || format === 'png');
  });
  const best = Math.max(...qualities);
  if (best > 0) return formats[qualities.indexOf(best)];
  throw new HttpProblem(
    406,
    'not_acceptable',
    `the picture can be had as ${formats.map((format) => TYPES[format]).join(', ')} or ${LIC_TYPE}`,
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

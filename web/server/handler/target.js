// What a request asks for: the path of a picture below the handler, and what of it, by the query.
//
//   /photos/harbour.lic?format=webp&width=640&quality=80

import { HttpProblem } from '../problem.js';

/** What the handler can send: the file itself, then what it can make of it. */
export const FORMATS = /** @type {const} */ (['lic', 'avif', 'webp', 'jpeg', 'png']);

/**
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 * @typedef {object} Target
 * @property {string} path with slashes, neither first nor last, of names that are neither empty nor begin with a dot
 * @property {'lic' | PictureFormat | null} format null: the one that suits the client best
 * @property {number | null} width the least that the picture should have, in pixels; null for its own
 * @property {number | null} quality the least, 1..100, of the format's own scale; null for the handler's
 */

const MOST_WIDTH = 65535;
const MOST_URL = 4096;

/**
 * @param {string} url of a request, as in the request line
 * @param {string} prefix the part of the path that belongs to the handler's place, without a slash at its end
 * @returns {Target | null} null: not the URL of a .lic file, so none of the handler's business
 */
export function parseTarget(url, prefix) {
  if (url.length > MOST_URL) return null;
  const [, rawPath, , rawQuery] = /** @type {RegExpMatchArray} */ (url.match(/^([^?#]*)(\?([^#]*))?/));
  if (!rawPath.startsWith(`${prefix}/`) || !rawPath.endsWith('.lic')) return null;
  const path = parsePath(rawPath.slice(prefix.length + 1));
  const query = new URLSearchParams(rawQuery);
  const width = parseNumber(query, 'width', MOST_WIDTH);
  const quality = parseNumber(query, 'quality', 100);
  const format = parseFormat(query);
  if (format === 'lic' && (width ?? quality) !== null)
    throw badQuery('a .lic file is sent as it is: width and quality need another format');
  return { path, format, width, quality };
}

/**
 * Decoded once, after it was split: an encoded slash is refused rather than made a separator.
 * @param {string} rawPath
 */
function parsePath(rawPath) {
  const names = rawPath.split('/').map((rawName) => {
    try {
      return decodeURIComponent(rawName);
    } catch {
      throw new HttpProblem(400, 'bad_path', 'the path is not valid percent-encoded UTF-8');
    }
  });
  if (names.some((name) => name === '' || name.startsWith('.') || /[/\\\x00-\x1f\x7f]/.test(name))) {
    throw new HttpProblem(404, 'not_found', 'there is no such picture');
  }
  return names.join('/');
}

/** @param {URLSearchParams} query @param {string} name @param {number} most */
function parseNumber(query, name, most) {
  const text = query.get(name);
  if (text === null) return null;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw badQuery(`${name} must be a whole number from 1 to ${most}`);
  return value;
}

/** @param {URLSearchParams} query */
function parseFormat(query) {
  const text = query.get('format');
  if (text === null) return null;
  const format = FORMATS.find((known) => known === (text === 'jpg' ? 'jpeg' : text));
  if (!format) throw badQuery(`format must be one of ${FORMATS.join(', ')}`);
  return format;
}

/** @param {string} detail */
const badQuery = (detail) => new HttpProblem(400, 'bad_query', detail);

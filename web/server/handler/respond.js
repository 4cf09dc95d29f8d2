// Writing answers: whole or in part, or that nothing has changed.

import { pipeline } from 'node:stream/promises';

import fresh from 'fresh';
import parseRange from 'range-parser';

import { HttpProblem, problemBody } from '../problem.js';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {import('./server.js').StoredPicture} StoredPicture
 */

// Answers of fewer bytes are sent at once: a stream would cost more than it saves.
const STREAMED_BYTES = 256 * 1024;
const CHANGED = 'the picture changed while it was read';

/**
 * Whether the client's copy, by ETag or date, is what it would get; then that is the answer.
 * @param {Request} request
 * @param {Response} response with its headers set
 */
export function answerUnchanged(request, response) {
  const validators = { etag: header(response, 'etag'), 'last-modified': header(response, 'last-modified') };
  if (!fresh(request.headers, validators)) return false;
  for (const name of ['content-type', 'content-length', 'accept-ranges']) response.removeHeader(name);
  response.writeHead(304).end();
  return true;
}

/**
 * @param {Request} request
 * @param {Response} response with its headers set
 * @param {StoredPicture} picture
 * @returns {Promise<number>} bytes of the body that were sent
 */
export async function sendStored(request, response, picture) {
  const part = findRange(request, response, picture.size);
  const { start, end } = part ?? { start: 0, end: picture.size };
  if (part) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${picture.size}`);
  const status = part ? 206 : 200;
  if (request.method !== 'HEAD' && end - start > STREAMED_BYTES) {
    response.writeHead(status, { 'Content-Length': end - start });
    await pipeline(picture.stream(start, end), exactly(end - start), response);
    return end - start;
  }
  const bytes = request.method === 'HEAD' ? { length: end - start } : await picture.read(start, end);
  if (bytes.length !== end - start) throw new Error(CHANGED);
  return sendBytes(request, response, status, /** @type {Uint8Array} */ (bytes));
}

/**
 * @param {Request} request
 * @param {Response} response with its headers set
 * @param {number} status
 * @param {Uint8Array} bytes
 * @returns {number} bytes of the body that were sent
 */
export function sendBytes(request, response, status, bytes) {
  response.writeHead(status, { 'Content-Length': bytes.length });
  const isHead = request.method === 'HEAD';
  response.end(isHead ? undefined : bytes);
  return isHead ? 0 : bytes.length;
}

/**
 * @param {Request} request
 * @param {Response} response
 * @param {HttpProblem} problem
 */
export function sendProblem(request, response, problem) {
  for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-range']) response.removeHeader(name);
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Cache-Control', 'no-store');
  sendBytes(request, response, problem.status, problemBody(problem));
}

/**
 * Passes on so many bytes. A body of another length would be taken for a part of the connection's next answer: it ends
 * in an error, upon which pipeline() destroys the response.
 * @param {number} length
 */
function exactly(length) {
  return async function* (/** @type {AsyncIterable<Uint8Array>} */ source) {
    let left = length;
    for await (const bytes of source) {
      left -= bytes.length;
      if (left < 0) break;
      yield bytes;
    }
    if (left !== 0) throw new Error(CHANGED);
  };
}

/**
 * The one part that is asked for. Several parts at once are answered with the whole, as a server may.
 * @param {Request} request @param {Response} response @param {number} size
 * @returns {{start: number, end: number} | null}
 */
function findRange(request, response, size) {
  const { range } = request.headers;
  if (!range || request.method !== 'GET' || !isCurrent(request.headers['if-range'], response)) return null;
  const parts = parseRange(size, range, { combine: true });
  if (parts === -1)
    throw new HttpProblem(416, 'bad_range', 'the range lies outside of the file', {
      'Content-Range': `bytes */${size}`,
    });
  if (parts === -2 || parts.type !== 'bytes' || parts.length !== 1) return null;
  return { start: parts[0].start, end: parts[0].end + 1 };
}

/**
 * If-Range: the condition under which a part, and not the whole, is wanted.
 * @param {string | string[] | undefined} condition an entity tag or a date
 * @param {Response} response
 */
function isCurrent(condition, response) {
  if (condition === undefined) return true;
  return condition === header(response, 'etag') || condition === header(response, 'last-modified');
}

/** @param {Response} response @param {string} name */
function header(response, name) {
  const value = response.getHeader(name);
  return value === undefined ? undefined : String(value);
}

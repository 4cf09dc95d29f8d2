// From anything that holds a file to its bytes.
//
//   ArrayBuffer, view ───────────────────────────┐
//   Blob, Response, ReadableStream ──> chunks ───┴──> Uint8Array
//   URL, string ──> platform.open ──> Response or stream
//
// The beginning is handed to `onStart` as soon as it is there, so a file that is not wanted is never read to its end.

import { HEADER_BYTES } from './info.js';
import { LicError } from './errors.js';

/**
 * @typedef {import('./index.js').Source} Source
 * @typedef {(url: string | URL, signal?: AbortSignal) => Promise<Response | ReadableStream<Uint8Array>>} Open
 * @typedef {object} ReadOptions
 * @property {Open} open opens a URL
 * @property {AbortSignal} [signal]
 * @property {(start: Uint8Array) => void} [onStart] is called once with the first bytes, at least a header or all there are;
 *   what it throws ends the reading
 * @property {number} [most] read no more than about so many bytes
 */

/**
 * @param {Source} source
 * @param {ReadOptions} options
 * @returns {Promise<{bytes: Uint8Array, owned: boolean}>} `owned`: nobody else holds the bytes
 */
export async function readSource(source, options) {
  const bytes = viewBytes(source);
  if (bytes) {
    options.onStart?.(bytes);
    return { bytes, owned: false };
  }
  const stream = await openStream(source, options);
  return { bytes: await readStream(stream, options), owned: true };
}

/**
 * @param {unknown} source
 * @returns {Uint8Array | null} the bytes of a buffer or view, without a copy
 */
export function viewBytes(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const tag = Object.prototype.toString.call(source);
  if (tag !== '[object ArrayBuffer]' && tag !== '[object SharedArrayBuffer]') return null;
  return new Uint8Array(/** @type {ArrayBuffer} */ (source));
}

/**
 * @param {unknown} source
 * @param {ReadOptions} options
 * @returns {Promise<ReadableStream<Uint8Array> | null>} null for an empty body
 */
async function openStream(source, { open, signal }) {
  if (typeof source === 'string' || source instanceof URL) {
    const opened = await openUrl(source, open, signal);
    return isStream(opened) ? opened : responseBody(opened);
  }
  if (isStream(source)) return source;
  if (isResponse(source)) return responseBody(source);
  if (isBlob(source)) return source.stream();
  throw new TypeError('a source must be an ArrayBuffer, a view, a Blob, a Response, a ReadableStream, a URL or a string');
}

/**
 * @param {string | URL} url
 * @param {Open} open
 * @param {AbortSignal} [signal]
 */
async function openUrl(url, open, signal) {
  try {
    return await open(url, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new LicError('io_error', `cannot open ${url}`, { details: { url: String(url) }, cause: error });
  }
}

/** @param {Response} response */
export function responseBody(response) {
  if (response.bodyUsed) throw new TypeError('the body of the Response has been read already');
  if (!response.ok) {
    const { status, url } = response;
    throw new LicError('io_error', `the server answered ${status} for ${url || 'the request'}`, { details: { status, url } });
  }
  return response.body;
}

/**
 * @param {ReadableStream<Uint8Array> | null} stream
 * @param {ReadOptions} options
 */
async function readStream(stream, { signal, onStart, most = Infinity }) {
  const chunks = /** @type {Uint8Array[]} */ ([]);
  let length = 0;
  let started = false;
  const reader = stream?.getReader();
  const cancel = () => void reader?.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', cancel);
  try {
    signal?.throwIfAborted();
    while (reader && length < most) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) break;
      chunks.push(asChunk(value));
      length += value.length;
      if (!started && length >= HEADER_BYTES) {
        started = true;
        onStart?.(chunks.length === 1 ? chunks[0] : join(chunks, length));
      }
    }
    const bytes = join(chunks, length);
    if (!started) onStart?.(bytes);
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LicError || error instanceof TypeError) throw error;
    throw new LicError('io_error', `reading failed: ${error}`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', cancel);
    cancel();
  }
}

/** @param {unknown} value */
function asChunk(value) {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('a ReadableStream must give Uint8Arrays');
}

/** @param {Uint8Array[]} chunks @param {number} length */
function join(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

// By shape rather than by class: objects of another realm, or of a polyfill, are as good.

/** @param {any} source @returns {source is ReadableStream<Uint8Array>} */
function isStream(source) {
  return typeof source?.getReader === 'function';
}

/** @param {any} source @returns {source is Response} */
export function isResponse(source) {
  return typeof source?.arrayBuffer === 'function' && typeof source.bodyUsed === 'boolean' && typeof source.ok === 'boolean';
}

/** @param {any} source @returns {source is Blob} */
function isBlob(source) {
  return typeof source?.stream === 'function' && typeof source.size === 'number';
}

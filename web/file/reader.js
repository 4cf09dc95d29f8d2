// From anything that holds a file to its bytes, as they come.
//
//   ArrayBuffer, view ───────────────────────────────────────┐
//   Blob, Response, stream, iterable ──> chunks ─────────────┴──> FileReader.read, read, ...
//   URL, string ──> platform.open ──> Response or stream

import { join } from '../common/bytes.js';
import { LicError } from '../common/errors.js';

/**
 * @typedef {import('../index.d.ts').Source} Source
 * @typedef {import('../common/types.d.ts').Open} Open
 * @typedef {AsyncIterable<unknown> | ReadableStream<unknown>} Chunks
 * @typedef {object} Reader of chunks, such as a ReadableStreamDefaultReader
 * @property {() => Promise<{done?: boolean, value?: unknown}>} read
 * @property {(reason?: unknown) => Promise<void>} cancel
 * @typedef {object} OpenOptions
 * @property {Open} open opens a URL
 * @property {AbortSignal} [signal]
 * @property {number} [most] of a URL no more than so many bytes will be read
 */

/** A file that is read from its beginning, once. */
export class FileReader {
  #reader;
  #signal;
  #cancel = () => this.cancel();
  /** Chunks that have been read and not taken. @type {Uint8Array[]} */
  #chunks = [];
  /** Bytes read so far. */
  loaded = 0;
  complete = false;
  /** Whether nobody else holds the memory of the chunks, so that they may be transferred. */
  owned;

  /** @param {Source} source @param {OpenOptions} options */
  static async open(source, options) {
    const bytes = viewBytes(source);
    if (bytes) return new FileReader(null, false, options.signal, bytes);
    const owned = !isStream(source) && !isIterable(source);
    const opened = await openStream(source, options);
    return new FileReader(opened && readerOf(opened), owned, options.signal);
  }

  /**
   * @param {Reader | null} reader
   * @param {boolean} owned
   * @param {AbortSignal} [signal]
   * @param {Uint8Array} [bytes] of a whole file
   */
  constructor(reader, owned, signal, bytes) {
    this.#reader = reader;
    this.#signal = signal;
    this.owned = owned;
    this.complete = !reader;
    if (bytes) this.#add(bytes);
    signal?.addEventListener('abort', this.#cancel);
    if (signal?.aborted) this.cancel();
  }

  /** Reads one chunk more, unless the file is complete. */
  async read() {
    if (!this.#reader || this.complete) return;
    try {
      const { done, value } = await this.#reader.read();
      this.#signal?.throwIfAborted();
      if (done) this.complete = true;
      else this.#add(asChunk(value));
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof NotBytes) throw error;
      throw new LicError('io_error', `reading failed: ${error}`, { cause: error });
    }
  }

  /** What has been read and not been taken, left where it is. */
  peek() {
    if (this.#chunks.length > 1) this.#chunks = [join(this.#chunks)];
    return this.#chunks[0] ?? new Uint8Array();
  }

  /** The chunks that have been read since the last call. */
  take() {
    return this.#chunks.splice(0);
  }

  /** No more is wanted. */
  cancel() {
    this.#signal?.removeEventListener('abort', this.#cancel);
    void this.#reader?.cancel(this.#signal?.reason).catch(() => {});
  }

  /** @param {Uint8Array} chunk */
  #add(chunk) {
    this.#chunks.push(chunk);
    this.loaded += chunk.length;
  }
}

/**
 * All bytes of a source.
 * @param {Source} source
 * @param {OpenOptions} options
 */
export async function readAll(source, options) {
  const reader = await FileReader.open(source, options);
  try {
    while (!reader.complete) await reader.read();
    return reader.peek();
  } finally {
    reader.cancel();
  }
}

/**
 * @param {unknown} source
 * @returns {Uint8Array | null} the bytes of a buffer or view, without a copy
 */
export function viewBytes(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const tag = tagOf(source);
  if (tag !== '[object ArrayBuffer]' && tag !== '[object SharedArrayBuffer]') return null;
  return new Uint8Array(/** @type {ArrayBuffer} */ (source));
}

/**
 * @param {unknown} source
 * @param {OpenOptions} options
 * @returns {Promise<Chunks | null>} null for an empty body
 */
async function openStream(source, options) {
  if (typeof source === 'string' || source instanceof URL) {
    const opened = await openUrl(source, options);
    return isStream(opened) ? opened : responseBody(opened);
  }
  if (isStream(source) || isIterable(source)) return source;
  if (isResponse(source)) return responseBody(source);
  if (isBlob(source)) return source.stream();
  throw new TypeError(
    'a source must be an ArrayBuffer, a view, a Blob, a Response, a ReadableStream, an async iterable, a URL ' +
      `or a string, not ${tagOf(source)}`,
  );
}

/** Opens a URL where there is fetch(). @type {Open} */
export const fetchFile = (url, signal, range) => fetch(url, { signal, headers: range ? { Range: range } : undefined });

const RANGE_NOT_SATISFIABLE = 416;

/**
 * @param {string | URL} url
 * @param {OpenOptions} options
 */
async function openUrl(url, { open, signal, most }) {
  try {
    if (most === undefined) return await open(url, signal);
    const opened = await open(url, signal, `bytes=0-${most - 1}`);
    // An empty file has no first bytes, so a server refuses the range. The file is asked for as it is.
    return isResponse(opened) && opened.status === RANGE_NOT_SATISFIABLE ? await open(url, signal) : opened;
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
    throw new LicError('io_error', `the server answered ${status} for ${url || 'the request'}`, {
      details: { status, url },
    });
  }
  return response.body;
}

class NotBytes extends TypeError {
  name = 'TypeError';
}

/** @param {unknown} value */
function asChunk(value) {
  const bytes = viewBytes(value);
  if (bytes) return bytes;
  throw new NotBytes(`a stream must give Uint8Arrays, other views or ArrayBuffers, not ${tagOf(value)}`);
}

/** @param {Chunks} chunks @returns {Reader} */
function readerOf(chunks) {
  if (isStream(chunks)) return chunks.getReader();
  const iterator = chunks[Symbol.asyncIterator]();
  return { read: () => iterator.next(), cancel: async () => void (await iterator.return?.()) };
}

/** Such as `[object ArrayBuffer]`, also of another realm. @param {unknown} value @returns {string} */
function tagOf(value) {
  return Object.prototype.toString.call(value);
}

// Sources are known by their shape, not by their class: objects of another realm or of a polyfill are as good.

/** @param {any} source @returns {source is ReadableStream<Uint8Array>} */
function isStream(source) {
  return typeof source?.getReader === 'function';
}

/** Such as a Readable of Node.js: a file, a request. @param {any} source @returns {source is AsyncIterable<unknown>} */
function isIterable(source) {
  return typeof source?.[Symbol.asyncIterator] === 'function';
}

/** @param {any} source @returns {source is Response} */
export function isResponse(source) {
  return (
    typeof source?.arrayBuffer === 'function' && typeof source.bodyUsed === 'boolean' && typeof source.ok === 'boolean'
  );
}

/** @param {any} source @returns {source is Blob} */
function isBlob(source) {
  return typeof source?.stream === 'function' && typeof source.size === 'number';
}

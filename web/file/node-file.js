// Files in Node: by path as well as by URL. Node's fetch does not read files (nor would a path be a URL).

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { fetchFile } from './reader.js';

const FETCHED = /^(https?|data|blob):/i;

/** @type {import('../common/types.d.ts').Open} */
export async function openFile(url, signal, range) {
  const text = String(url);
  if (FETCHED.test(text)) return fetchFile(text, signal, range);
  const file = createReadStream(/^file:/i.test(text) ? fileURLToPath(text) : text);
  return /** @type {ReadableStream<Uint8Array>} */ (Readable.toWeb(file));
}

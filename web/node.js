// The entry for Node: files also by path, decoding on this thread in slices. The only file that imports from node.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { createApi } from './api.js';
import { LocalRunner } from './local.js';
import { models, wasm } from './places.js';

export { LicError } from './errors.js';

const FETCHED = /^(https?|data|blob):/i;

/**
 * Node's fetch does not read files (nor would a path be a URL).
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 */
async function open(url, signal) {
  const text = String(url);
  if (FETCHED.test(text)) return fetch(text, { signal });
  const file = createReadStream(/^file:/i.test(text) ? fileURLToPath(text) : text);
  return /** @type {ReadableStream<Uint8Array>} */ (Readable.toWeb(file));
}

const api = /* @__PURE__ */ createApi({
  places: { models, wasm },
  open,
  startRunner: async (module) => new LocalRunner(module),
});

export const { decode, info, hashSymbols, configure, close } = api;

// What the entries of lic-codec/inline have in common: the default model is text in a module (embedded-models.js, which
// web/build/build.js writes).

import { createApi } from './api.js';
import texts from './embedded-models.js';
import { localPlatform } from '../engine/local.js';

/**
 * @param {() => WebAssembly.Module | Uint8Array} simd the decoder
 * @param {import('../common/types.d.ts').Open} [open]
 */
export function createInlineApi(simd, open) {
  const places = Object.entries(texts).map(([id, text]) => /** @type {const} */ ([id, () => fromBase64(text)]));
  return {
    ...createApi(localPlatform({ models: Object.fromEntries(places), wasm: { simd } }, open)),
    /** Is read where it is handed to configure(), and not before. @type {import('../index.d.ts').Configuration} */
    embedded: {
      get wasm() {
        return simd();
      },
      get models() {
        return Object.fromEntries(places.map(([id, read]) => [id, read()]));
      },
      workers: 0,
    },
  };
}

/** @param {string} text */
export function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; ++i) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

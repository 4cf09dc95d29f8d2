// What the entries of lic-codec/inline have in common. The files that they embed are modules of text, which
// web/build/build.js writes beside them.

import { localPlatform } from '../engine/local.js';
import { createApi } from './api.js';

/**
 * @param {() => WebAssembly.Module | Uint8Array} simd the decoder
 * @param {Record<string, string>} texts the embedded models in base64, by id
 * @param {import('../common/types.d.ts').Open} [open]
 */
export function createInlineApi(simd, texts, open) {
  const places = Object.entries(texts).map(([id, text]) => /** @type {const} */ ([id, () => fromBase64(text)]));
  return {
    ...createApi(localPlatform({ models: Object.fromEntries(places), wasm: { simd } }, open)),
    /**
     * For configure() of `lic-codec`. The texts are decoded when it is handed in, and not before.
     * @type {import('../index.d.ts').Configuration}
     */
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

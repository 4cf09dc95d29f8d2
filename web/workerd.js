// The entry for workerd (Cloudflare Workers), which compiles no WebAssembly at run time: the module is imported. Files
// that are no code are not found beside it, so configure({models}) must name the models.

import wasm from './lic.wasm';

import { createApi } from './decoder/api.js';
import { localPlatform } from './engine/local.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createApi(localPlatform({ models: {}, wasm: { simd: () => wasm } }));

export const { decode, decodeStrips, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close } = api;

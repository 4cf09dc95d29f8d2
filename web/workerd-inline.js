// lic-codec/inline for workerd: the WebAssembly module is imported, as in workerd.js, and only the models are text.

import wasm from './lic.wasm';

import { createInlineApi } from './decoder/embedded.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createInlineApi(() => wasm);

export const { decode, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close, embedded } = api;

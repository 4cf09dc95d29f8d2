// lic-codec/inline for workerd. The WebAssembly module is imported, as in workerd.js; only the models are text.

import wasm from './lic.wasm';

import { createInlineApi } from './decoder/embedded.js';
import models from './embedded-models.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createInlineApi(() => wasm, models);

export const { decode, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close, embedded } = api;

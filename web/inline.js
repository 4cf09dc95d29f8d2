// lic-codec/inline: the decoder and the default model ride in modules. For bundles that are one file, and wherever
// files beside the code are lost or may not be fetched. A worker would be such a file: it decodes on the caller's
// thread, in slices.

import { createInlineApi, fromBase64 } from './decoder/embedded.js';
import wasm from './embedded-wasm.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createInlineApi(() => fromBase64(wasm));

export const { decode, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close, embedded } = api;

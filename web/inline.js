// lic-codec/inline: the decoder and the default model are text in modules. It is for bundles of one file, and for
// places where files beside the code are lost or may not be fetched. A worker would be such a file, so the caller's
// thread decodes, in slices.

import { createInlineApi, fromBase64 } from './decoder/embedded.js';
import models from './embedded-models.js';
import wasm from './embedded-wasm.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createInlineApi(() => fromBase64(wasm), models);

export const { decode, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close, embedded } = api;

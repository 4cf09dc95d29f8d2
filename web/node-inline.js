// lic-codec/inline for Node, which takes pictures by path too.

import { createInlineApi, fromBase64 } from './decoder/embedded.js';
import models from './embedded-models.js';
import wasm from './embedded-wasm.js';
import { openFile } from './file/node-file.js';

export { LicError } from './common/errors.js';

const api = /* @__PURE__ */ createInlineApi(() => fromBase64(wasm), models, openFile);

export const { decode, decodeToBitmap, info, hashSymbols, configure, createDecoder, stats, close, embedded } = api;

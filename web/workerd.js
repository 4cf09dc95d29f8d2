// The entry for workerd (Cloudflare Workers), which compiles no WebAssembly at run time: the module is imported. Models are not
// importable there, so configure({models}) must name them.

import wasm from './lic.wasm';

import { createApi } from './api.js';
import { LocalRunner } from './local.js';

export { LicError } from './errors.js';

const api = /* @__PURE__ */ createApi({
  places: { wasm: () => wasm, models: {} },
  open: (url, signal) => fetch(url, { signal }),
  startRunner: async (module) => new LocalRunner(module),
});

export const { decode, info, hashSymbols, configure, close } = api;

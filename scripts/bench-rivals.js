// The WebAssembly codecs that bench.js compares with: jSquash's, which cannot find their own .wasm files in Node and so
// are handed compiled modules. Each is loaded by its first call, as a page would load it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

// Their decoders make ImageData, which Node lacks.
globalThis.ImageData ??= class ImageData {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height, colorSpace: 'srgb' });
  }
};

/**
 * A function of a module of jSquash that compiles its code before its first call.
 * @param {() => Promise<any>} load imports the module @param {string} wasm its path in node_modules
 */
function lazy(load, wasm) {
  let ready;
  return async (...parameters) => {
    ready ??= load().then(async (module) => {
      await module.init(await WebAssembly.compile(readFileSync(resolve(wasm))));
      return module.default;
    });
    return (await ready)(...parameters);
  };
}

const filesOf =
  (...paths) =>
  () =>
    paths.map((path) => resolve(path));

const encodeAvif = lazy(() => import('@jsquash/avif/encode.js'), '@jsquash/avif/codec/enc/avif_enc.wasm');
const encodeJxl = lazy(() => import('@jsquash/jxl/encode.js'), '@jsquash/jxl/codec/enc/jxl_enc.wasm');
const encodeWebp = lazy(() => import('@jsquash/webp/encode.js'), '@jsquash/webp/codec/enc/webp_enc_simd.wasm');

export const RIVALS = {
  avif: {
    label: 'AVIF',
    encode: (picture, quality) => encodeAvif(picture, { quality, speed: 8 }),
    decode: lazy(() => import('@jsquash/avif/decode.js'), '@jsquash/avif/codec/dec/avif_dec.wasm'),
    files: filesOf('@jsquash/avif/codec/dec/avif_dec.js', '@jsquash/avif/codec/dec/avif_dec.wasm'),
  },
  jxl: {
    label: 'JPEG XL',
    encode: (picture, quality) => encodeJxl(picture, { quality, effort: 4 }),
    decode: lazy(() => import('@jsquash/jxl/decode.js'), '@jsquash/jxl/codec/dec/jxl_dec.wasm'),
    files: filesOf('@jsquash/jxl/codec/dec/jxl_dec.js', '@jsquash/jxl/codec/dec/jxl_dec.wasm'),
  },
  webp: {
    label: 'WebP',
    encode: (picture, quality) => encodeWebp(picture, { quality }),
    decode: lazy(() => import('@jsquash/webp/decode.js'), '@jsquash/webp/codec/dec/webp_dec.wasm'),
    files: filesOf('@jsquash/webp/codec/dec/webp_dec.js', '@jsquash/webp/codec/dec/webp_dec.wasm'),
  },
};

/**
 * The file whose size comes nearest to `bytes`, by halving the range of qualities.
 * @param {{encode: (picture: any, quality: number) => Promise<ArrayBuffer>}} rival
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture
 * @param {number} bytes
 */
export async function encodeNear(rival, picture, bytes) {
  let [low, high] = [1, 99];
  let best = null;
  while (low <= high) {
    const quality = (low + high) >> 1;
    const file = await rival.encode(picture, quality);
    if (!best || Math.abs(file.byteLength - bytes) < Math.abs(best.byteLength - bytes)) best = file;
    if (file.byteLength < bytes) low = quality + 1;
    else high = quality - 1;
  }
  return Buffer.from(best);
}

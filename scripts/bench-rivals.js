// The WebAssembly codecs that bench.js compares with: jSquash's, which cannot find their own .wasm files in Node and so
// are handed compiled modules.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import decodeAvif, { init as initAvifDecoder } from '@jsquash/avif/decode.js';
import encodeAvif, { init as initAvifEncoder } from '@jsquash/avif/encode.js';
import decodeJxl, { init as initJxlDecoder } from '@jsquash/jxl/decode.js';
import encodeJxl, { init as initJxlEncoder } from '@jsquash/jxl/encode.js';
import decodeWebp, { init as initWebpDecoder } from '@jsquash/webp/decode.js';
import encodeWebp, { init as initWebpEncoder } from '@jsquash/webp/encode.js';

const { resolve } = createRequire(import.meta.url);

// Their decoders make ImageData, which Node lacks.
globalThis.ImageData ??= class ImageData {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height, colorSpace: 'srgb' });
  }
};

/** @param {string} path in node_modules */
const compile = (path) => WebAssembly.compile(readFileSync(resolve(path)));
const filesOf =
  (...paths) =>
  () =>
    paths.map((path) => resolve(path));

await initAvifDecoder(await compile('@jsquash/avif/codec/dec/avif_dec.wasm'));
await initAvifEncoder(await compile('@jsquash/avif/codec/enc/avif_enc.wasm'));
await initJxlDecoder(await compile('@jsquash/jxl/codec/dec/jxl_dec.wasm'));
await initJxlEncoder(await compile('@jsquash/jxl/codec/enc/jxl_enc.wasm'));
await initWebpDecoder(await compile('@jsquash/webp/codec/dec/webp_dec.wasm'));
await initWebpEncoder(await compile('@jsquash/webp/codec/enc/webp_enc_simd.wasm'));

export const RIVALS = {
  avif: {
    label: 'AVIF',
    encode: (picture, quality) => encodeAvif(picture, { quality, speed: 8 }),
    decode: decodeAvif,
    files: filesOf('@jsquash/avif/codec/dec/avif_dec.js', '@jsquash/avif/codec/dec/avif_dec.wasm'),
  },
  jxl: {
    label: 'JPEG XL',
    encode: (picture, quality) => encodeJxl(picture, { quality, effort: 4 }),
    decode: decodeJxl,
    files: filesOf('@jsquash/jxl/codec/dec/jxl_dec.js', '@jsquash/jxl/codec/dec/jxl_dec.wasm'),
  },
  webp: {
    label: 'WebP',
    encode: (picture, quality) => encodeWebp(picture, { quality }),
    decode: decodeWebp,
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
  return best;
}

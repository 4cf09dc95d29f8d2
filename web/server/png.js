// PNG files of decoded pictures. They are made in slices, between which the thread does other work.

import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOR_TYPES = { 3: 2, 4: 6 };
const SLICE_PIXELS = 2 ** 16;
const CHUNK_BYTES = 2 ** 16;

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Picture red, green, blue, alpha */

/**
 * @param {Picture} picture
 * @param {3 | 4} channels 3: without alpha
 * @param {AbortSignal} [signal]
 * @returns {Promise<Buffer>} the file
 */
export async function encodePng(picture, channels, signal) {
  /** @type {Uint8Array[]} */
  const compressed = [];
  const collect = async (/** @type {AsyncIterable<Uint8Array>} */ source) => {
    for await (const bytes of source) compressed.push(makeChunk('IDAT', bytes));
  };
  await pipeline(listRows(picture, channels), createDeflate({ chunkSize: CHUNK_BYTES }), collect, { signal });
  return joinChunks(picture, channels, compressed);
}

/**
 * Gives all rows at once, for scripts that compress them by themselves. Alpha is left out where all of it is 255.
 * @param {Picture} picture
 * @returns {{channels: 3 | 4, rows: Uint8Array}}
 */
export function toRows(picture) {
  const channels = isOpaque(picture.data) ? 3 : 4;
  return { channels, rows: Buffer.concat([...listRows(picture, channels)]) };
}

/** @param {Uint8ClampedArray} data */
function isOpaque(data) {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/**
 * @param {{width: number, height: number}} size
 * @param {3 | 4} channels
 * @param {Uint8Array} compressed the rows as a zlib stream (RFC 1950)
 * @returns {Uint8Array<ArrayBuffer>} the file, in a buffer of its own
 */
export const makePng = (size, channels, compressed) =>
  new Uint8Array(joinChunks(size, channels, [makeChunk('IDAT', compressed)]));

/**
 * @param {{width: number, height: number}} size @param {3 | 4} channels @param {Uint8Array[]} data chunks of type IDAT
 */
function joinChunks({ width, height }, channels, data) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOR_TYPES[channels]], 8);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    makeChunk('IHDR', header),
    ...data,
    makeChunk('IEND', new Uint8Array()),
  ]);
}

/**
 * Some rows at a time, as PNG compresses them: each begins with the number of its filter, 0 for none.
 * @param {Picture} picture @param {3 | 4} channels
 */
function* listRows({ width, height, data }, channels) {
  const stride = 1 + width * channels;
  const most = Math.ceil(SLICE_PIXELS / width);
  for (let top = 0; top < height; top += most) {
    const rows = new Uint8Array(Math.min(most, height - top) * stride);
    for (let at = 0, from = top * width * 4; at < rows.length; at += stride, from += width * 4) {
      putRow(rows.subarray(at + 1, at + stride), data.subarray(from, from + width * 4), channels);
    }
    yield rows;
  }
}

/** @param {Uint8Array} row @param {Uint8ClampedArray} pixels @param {3 | 4} channels */
function putRow(row, pixels, channels) {
  if (channels === 4) return row.set(pixels);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    row[to] = pixels[from];
    row[to + 1] = pixels[from + 1];
    row[to + 2] = pixels[from + 2];
  }
}

/** @param {string} type @param {Uint8Array} payload */
function makeChunk(type, payload) {
  const chunk = Buffer.alloc(payload.length + 12);
  chunk.writeUInt32BE(payload.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(payload, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), payload.length + 8);
  return chunk;
}

const CRC_TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (let i = 0; i < bytes.length; ++i) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

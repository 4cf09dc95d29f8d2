// Red, green, blue, alpha as a PNG file: 8 bits a sample, without alpha where all of it is 255.

import { deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const COLOR_TYPES = { 3: 2, 4: 6 };

/**
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture
 * @returns {Buffer}
 */
export function toPng({ width, height, data }) {
  const isOpaque = data.every((value, i) => i % 4 !== 3 || value === 255);
  const channels = isOpaque ? 3 : 4;
  const samples = isOpaque ? data.filter((_, i) => i % 4 !== 3) : data;
  const stride = width * channels;
  const rows = Buffer.alloc(height * (1 + stride)); // each row begins with its filter, 0 for none
  for (let y = 0; y < height; ++y) rows.set(samples.subarray(y * stride, (y + 1) * stride), y * (1 + stride) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOR_TYPES[channels]], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** @param {string} type @param {Buffer} payload */
function chunk(type, payload) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), payload]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** @param {Buffer} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

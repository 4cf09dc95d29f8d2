// PNG files of decoded pictures, but for the compression, which platforms have in different places.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOR_TYPES = { 3: 2, 4: 6 };

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Picture red, green, blue, alpha */

/**
 * The rows as PNG compresses them: each begins with the number of its filter, 0 for none. Without alpha where all of it is 255.
 * @param {Picture} picture
 * @returns {{channels: 3 | 4, rows: Uint8Array<ArrayBuffer>}}
 */
export function toRows({ width, height, data }) {
  const channels = isOpaque(data) ? 3 : 4;
  const stride = 1 + width * channels;
  const rows = new Uint8Array(height * stride);
  for (let y = 0, from = 0; y < height; ++y) {
    let to = y * stride + 1;
    if (channels === 4) {
      rows.set(data.subarray(from, (from += width * 4)), to);
      continue;
    }
    for (const end = from + width * 4; from < end; from += 4, to += 3) {
      rows[to] = data[from];
      rows[to + 1] = data[from + 1];
      rows[to + 2] = data[from + 2];
    }
  }
  return { channels, rows };
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
 * @returns {Uint8Array<ArrayBuffer>} the file
 */
export function makePng({ width, height }, channels, compressed) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOR_TYPES[channels]], 8);
  const file = new Uint8Array(SIGNATURE.length + 3 * 12 + header.length + compressed.length);
  file.set(SIGNATURE);
  let at = putChunk(file, SIGNATURE.length, 'IHDR', header);
  at = putChunk(file, at, 'IDAT', compressed);
  putChunk(file, at, 'IEND', new Uint8Array());
  return file;
}

/** @param {Uint8Array} file @param {number} at @param {string} type @param {Uint8Array} payload @returns {number} its end */
function putChunk(file, at, type, payload) {
  const view = new DataView(file.buffer, at);
  const end = 8 + payload.length;
  view.setUint32(0, payload.length);
  for (let i = 0; i < 4; ++i) file[at + 4 + i] = type.charCodeAt(i);
  file.set(payload, at + 8);
  view.setUint32(end, crc32(file.subarray(at + 4, at + end)));
  return at + end + 4;
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

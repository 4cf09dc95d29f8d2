// Pictures as { width, height, data }, with red, green, blue, alpha of each pixel.

import { readFileSync, writeFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

/**
 * @typedef {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} Picture
 */

const PNG_MAGIC = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PNG_CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // by colour type
const PALETTE = 3;

/**
 * Of samples in 1 to 4 channels: grey, grey and alpha, colour, colour and alpha.
 * @param {number} width @param {number} height @param {number} channels @param {Uint8Array} samples
 * @returns {Picture}
 */
function toRgba(width, height, channels, samples) {
  if (samples.length < width * height * channels) throw new Error('the picture ends too early');
  const data = new Uint8ClampedArray(width * height * 4);
  const isGrey = channels < 3;
  for (let from = 0, to = 0; to < data.length; from += channels, to += 4) {
    data[to] = samples[from];
    data[to + 1] = samples[from + (isGrey ? 0 : 1)];
    data[to + 2] = samples[from + (isGrey ? 0 : 2)];
    data[to + 3] = channels % 2 ? 255 : samples[from + channels - 1];
  }
  return { width, height, data };
}

/**
 * A PGM, PPM or PAM file of 8 bits a sample.
 * @param {Buffer} bytes
 */
export function parsePnm(bytes) {
  const start = bytes.subarray(0, 1024).toString('latin1');
  const header = /^P7\n(?:.*\n)*?ENDHDR\n/.exec(start) ?? /^P[56](?:\s+(?:#.*\n\s*)*\d+){3}\s/.exec(start);
  if (!header) throw new Error('not a PNM file that is read here');
  const text = header[0].replace(/#.*/g, '');
  const isPam = text.startsWith('P7');
  const named = (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
  const numbers = text.slice(2).match(/\d+/g)?.map(Number) ?? [];
  const [width, height, most] = isPam ? ['WIDTH', 'HEIGHT', 'MAXVAL'].map(named) : numbers;
  if (most !== 255) throw new Error('not 8 bits a sample');
  const channels = isPam ? named('DEPTH') : text.startsWith('P6') ? 3 : 1;
  return toRgba(width, height, channels, bytes.subarray(header[0].length));
}

/**
 * A PNG file without interlacing; of 16 bits a sample the upper 8 are taken.
 * @param {Buffer} bytes
 * @returns {Picture & {icc: Buffer | null}}
 */
export function parsePng(bytes) {
  const chunks = pngChunks(bytes);
  const [header, palette, transparency, profile] = ['IHDR', 'PLTE', 'tRNS', 'iCCP'].map(
    (type) => chunks.get(type)?.[0],
  );
  if (!header || header.length < 13) throw new Error('a PNG file without header');
  const [width, height, depth, type] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]];
  if (header[12]) throw new Error('interlaced PNG files are not read here');
  const sampleBits = PNG_CHANNELS[type] * depth;
  const stride = Math.ceil((width * sampleBits) / 8);
  const lines = unfilter(
    inflateSync(Buffer.concat(chunks.get('IDAT') ?? [])),
    stride,
    height,
    Math.max(1, sampleBits / 8),
  );
  const icc = profile ? inflateSync(profile.subarray(profile.indexOf(0) + 2)) : null;
  const samples = to8Bits(lines, depth, stride, width, height, type === PALETTE);
  if (type !== PALETTE) return { ...toRgba(width, height, sampleBits / depth, samples), icc };
  const colours = Buffer.alloc(samples.length * 4);
  samples.forEach((index, i) => {
    colours.set(palette?.subarray(3 * index, 3 * index + 3) ?? [], 4 * i);
    colours[4 * i + 3] = transparency?.[index] ?? 255;
  });
  return { ...toRgba(width, height, 4, colours), icc };
}

/** @param {Buffer} bytes @returns {Map<string, Buffer[]>} */
function pngChunks(bytes) {
  const chunks = new Map();
  for (let at = PNG_MAGIC.length; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    chunks.set(type, [...(chunks.get(type) ?? []), bytes.subarray(at + 8, end)]);
    at = end + 4;
  }
  return chunks;
}

/**
 * Undoes the filters of PNG's lines.
 * @param {Buffer} filtered @param {number} stride @param {number} height @param {number} step
 */
function unfilter(filtered, stride, height, step) {
  if (filtered.length < height * (stride + 1)) throw new Error('the picture ends too early');
  const lines = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= step ? lines[at - step] : 0;
      const up = y ? lines[at - stride] : 0;
      const corner = x >= step && y ? lines[at - stride - step] : 0;
      lines[at] = filtered[at + y + 1] + predict(filter, left, up, corner);
    }
  }
  return lines;
}

/** @param {number} filter @param {number} left @param {number} up @param {number} corner */
function predict(filter, left, up, corner) {
  if (filter < 4) return [0, left, up, (left + up) >> 1][filter];
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Samples of 1, 2, 4, 8 or 16 bits; indices keep their value, others are scaled. */
function to8Bits(lines, depth, stride, width, height, isIndex) {
  if (depth === 8) return lines;
  if (depth === 16) return lines.filter((_, i) => i % 2 === 0);
  const samples = Buffer.alloc(width * height);
  const most = 2 ** depth - 1;
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % width) * depth;
    const value = (lines[Math.floor(i / width) * stride + (bit >> 3)] >> (8 - depth - (bit & 7))) & most;
    samples[i] = isIndex ? value : (value * 255) / most;
  }
  return samples;
}

/** As it looks on white, since neither PPM nor JPEG has alpha. @param {string} path @param {Picture} picture */
export function writePpm(path, { width, height, data }) {
  const header = Buffer.from(`P6\n${width} ${height}\n255\n`);
  const bytes = Buffer.alloc(header.length + width * height * 3);
  header.copy(bytes);
  for (let from = 0, to = header.length; from < data.length; from += 4) {
    const alpha = data[from + 3] / 255;
    for (let c = 0; c < 3; c++) bytes[to++] = Math.round(data[from + c] * alpha + 255 * (1 - alpha));
  }
  writeFileSync(path, bytes);
}

/** The largest difference of any sample. @param {Picture} a @param {Picture} b */
export function largestDifference(a, b) {
  if (a.width !== b.width || a.height !== b.height)
    throw new Error(`${a.width} x ${a.height} pixels, not ${b.width} x ${b.height}`);
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i] - b.data[i]));
  return largest;
}

/** @param {string} path */
export function readPnm(path) {
  return parsePnm(readFileSync(path));
}

/** @param {Buffer} bytes */
export function isPng(bytes) {
  return bytes.subarray(0, PNG_MAGIC.length).equals(PNG_MAGIC);
}

// The header of a .lic file (docs/format.md#header), in plain JavaScript: no WebAssembly is needed to know a picture's
// size. readInfo() checks what ReadInfo() in C++ checks, in the same order, and reports the same codes.

import { LicError } from '../common/errors.js';

/** The bytes that readInfo needs. */
export const HEADER_BYTES = 40;

const MAGIC = [0x89, 0x4c, 0x49, 0x43];
const FLAG_ALPHA = 1;
const FLAG_GREY = 2;
const MAX_SIDE = 65535;
const MAX_PIXELS = 2 ** 28;
const MAX_TILE_UNITS = 1024;

/**
 * @typedef {Omit<import('../index.d.ts').Info, 'profile'>} Header
 * @typedef {object} Coding
 * @property {number} number in the header
 * @property {number[]} versions of the header that mean this coding
 * @property {boolean} namesModel whether a file names the model that it needs, or carries its networks itself
 */

/**
 * The ways of coding a picture. Nothing else in web/ knows which of them need a model.
 * @type {Record<Header['coding'], Coding>}
 */
const CODINGS = {
  autoencoder: { number: 0, versions: [0, 1], namesModel: true },
  overfitted: { number: 1, versions: [2], namesModel: false },
};

/** The id of the model without which a file cannot be decoded; null where it needs none. @param {Header} header */
export function modelOf(header) {
  return header.modelId;
}

/**
 * @param {Uint8Array} bytes the beginning of a file
 * @returns {Header}
 */
export function readInfo(bytes) {
  checkMagic(bytes);
  if (bytes.length < HEADER_BYTES)
    throw new LicError('truncated', `the file has ${bytes.length} bytes, a header has ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (crc32(bytes.subarray(0, 36)) !== view.getUint32(36, true)) {
    throw new LicError('bad_checksum', 'the checksum of the header differs');
  }
  const version = view.getUint8(4);
  const coding = codingOf(version);
  const flags = checkRange('flags', view.getUint8(5), 0, FLAG_ALPHA | FLAG_GREY);
  const quality256 = checkRange('quality256', view.getUint16(6, true), 256, 25600);
  const width = checkRange('width', view.getUint32(8, true), 1, MAX_SIDE);
  const height = checkRange('height', view.getUint32(12, true), 1, MAX_SIDE);
  checkRange('width * height', width * height, 1, MAX_PIXELS);
  const tileUnits = checkRange('tile_units', view.getUint16(32, true), 1, MAX_TILE_UNITS);
  const { number, namesModel } = CODINGS[coding];
  checkRange('coding', view.getUint8(34), number, number);
  checkRange('the field at offset 35', view.getUint8(35), 0, 0);
  return {
    width,
    height,
    version,
    coding,
    quality: quality256 / 256,
    hasAlpha: (flags & FLAG_ALPHA) !== 0,
    isGrey: (flags & FLAG_GREY) !== 0,
    modelId: namesModel ? toHex(bytes.subarray(16, 24)) : null,
    headHash: namesModel ? toHex(bytes.subarray(24, 32)) : null,
    tileUnits,
  };
}

/** @param {number} version @returns {Header['coding']} */
function codingOf(version) {
  for (const [name, { versions }] of Object.entries(CODINGS)) {
    if (versions.includes(version)) return /** @type {Header['coding']} */ (name);
  }
  const known = Object.values(CODINGS).flatMap(({ versions }) => versions);
  throw new LicError(
    'unsupported_version',
    `the file has version ${version} of the format; known are ${known.join(', ')}`,
  );
}

/** @param {Uint8Array} bytes */
function checkMagic(bytes) {
  for (let i = 0; i < MAGIC.length; ++i) {
    if (i >= bytes.length)
      throw new LicError('truncated', `the file has ${bytes.length} bytes, a header has ${HEADER_BYTES}`);
    if (bytes[i] !== MAGIC[i]) throw new LicError('not_lic', 'the data does not begin like a .lic file');
  }
}

/**
 * @param {string} name @param {number} value @param {number} least @param {number} most
 * @returns {number} value
 */
function checkRange(name, value, least, most) {
  if (value < least || value > most) {
    throw new LicError('bad_header', `${name} is ${value}, not from ${least} to ${most}`);
  }
  return value;
}

/**
 * CRC-32 of zlib and PNG, bit by bit: a header is 36 bytes long.
 * @param {Uint8Array} bytes
 */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

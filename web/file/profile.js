// The ICC profile of a .lic file (docs/format.md#sections): its name, and whether its space is one that a canvas knows.
//
// Only the beginning of a file is looked at; what comes after it is not known. Fields of profiles are big-endian
// (ICC.1:2022, 7.2, 9, 10).

import { HEADER_BYTES } from './info.js';

const SECTION_HEAD_BYTES = 9;
const ICC_SECTION = 1;
const PROFILE_HEADER_BYTES = 128;
const MOST_TAGS = 100;

/** The bytes of a file in which its profile is looked for. */
export const INFO_BYTES = 1024;

// X, Y and Z of red, green and blue, adapted to D50, as the profiles of these spaces have them.
/** @type {[PredefinedColorSpace, number[]][]} */
const SPACES = [
  ['srgb', [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141]],
  ['display-p3', [0.5151, 0.2412, -0.0011, 0.2919, 0.6922, 0.0419, 0.1572, 0.0666, 0.7841]],
];
const TOLERANCE = 0.003;

/**
 * How many bytes of the file readProfile wants.
 * @param {Uint8Array} start the beginning of a file, a header at least
 */
export function bytesForProfile(start) {
  if (start.length > HEADER_BYTES && start[HEADER_BYTES] !== ICC_SECTION) return HEADER_BYTES;
  const head = HEADER_BYTES + SECTION_HEAD_BYTES;
  return start.length < head ? head : Math.min(INFO_BYTES, head + profileLength(start));
}

/**
 * @param {Uint8Array} start the beginning of a file
 * @returns {import('../index.d.ts').Info['profile']}
 */
export function readProfile(start) {
  const first = HEADER_BYTES + SECTION_HEAD_BYTES;
  if (start.length < first || start[HEADER_BYTES] !== ICC_SECTION) return null;
  const bytes = profileLength(start);
  const profile = start.subarray(first, first + bytes);
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  try {
    const tags = readTags(view);
    return { bytes, name: readName(view, tags.get('desc')), colorSpace: findSpace(view, tags) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { bytes, name: null, colorSpace: null }; // the profile ends too early, or goes on after the beginning
  }
}

/** @param {Uint8Array} start */
function profileLength(start) {
  return new DataView(start.buffer, start.byteOffset).getUint32(HEADER_BYTES + 1, true);
}

/** @param {DataView} view @returns {Map<string, number>} offsets by signature */
function readTags(view) {
  const tags = new Map();
  const count = Math.min(view.getUint32(PROFILE_HEADER_BYTES), MOST_TAGS);
  for (let i = 0; i < count; ++i) {
    const at = PROFILE_HEADER_BYTES + 4 + 12 * i;
    tags.set(readText(view, at, 4), view.getUint32(at + 4));
  }
  return tags;
}

/** @param {DataView} view @param {number} at @param {number} length */
function readText(view, at, length) {
  let text = '';
  for (let i = 0; i < length; ++i) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}

/**
 * A textDescriptionType of version 2, or the first record of a multiLocalizedUnicodeType of version 4.
 * @param {DataView} view @param {number | undefined} at
 * @returns {string | null}
 */
function readName(view, at) {
  if (at === undefined || at + 12 > view.byteLength) return null;
  const type = readText(view, at, 4);
  if (type === 'desc') return readText(view, at + 12, Math.max(0, view.getUint32(at + 8) - 1));
  if (type !== 'mluc' || view.getUint32(at + 8) === 0) return null;
  const length = view.getUint32(at + 20);
  const start = at + view.getUint32(at + 24);
  let name = '';
  for (let i = 0; i + 1 < length; i += 2) name += String.fromCharCode(view.getUint16(start + i));
  return name;
}

/**
 * By the primaries; a profile of these primaries whose curve is a straight line is another space.
 * @param {DataView} view @param {Map<string, number>} tags
 * @returns {PredefinedColorSpace | null}
 */
function findSpace(view, tags) {
  const found = /** @type {number[]} */ ([]);
  for (const name of ['rXYZ', 'gXYZ', 'bXYZ']) {
    const at = tags.get(name);
    if (at === undefined) return null;
    for (let i = 0; i < 3; ++i) found.push(view.getInt32(at + 8 + 4 * i) / 65536);
  }
  const curve = tags.get('rTRC');
  if (curve === undefined || isStraight(view, curve)) return null;
  const match = SPACES.find(([, primaries]) => primaries.every((value, i) => Math.abs(value - found[i]) < TOLERANCE));
  return match ? match[0] : null;
}

/**
 * Whether a curve has no entries, a gamma of 1 or, as a function, an exponent of 1 (ICC.1:2022, 10.6, 10.18). What ends
 * too early is taken for bent.
 * @param {DataView} view @param {number} at of a curveType or parametricCurveType
 */
function isStraight(view, at) {
  const has = (/** @type {number} */ bytes) => at + bytes <= view.byteLength;
  if (!has(12)) return false;
  const type = readText(view, at, 4);
  if (type === 'para') return has(16) && view.getInt32(at + 12) === 1 << 16;
  const entries = view.getUint32(at + 8);
  return type === 'curv' && (entries === 0 || (entries === 1 && has(14) && view.getUint16(at + 12) === 1 << 8));
}

// A photo's pixels for the other encoders: upright, with its colour profile beside them.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './commands.js';
import { isPng, parsePng, parsePnm } from './pixels.js';

/**
 * @typedef {import('./pixels.js').Picture & {icc: Buffer | null}} Photo
 */

/** @param {string} path @param {string} scratch a folder @returns {Photo} */
export function readPhoto(path, scratch) {
  const bytes = readFileSync(path);
  if (isPng(bytes)) return parsePng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(path, scratch);
  return { ...parsePnm(bytes), icc: null };
}

/** @param {string} path @param {string} scratch @returns {Photo} */
function readJpeg(path, scratch) {
  const profile = join(scratch, 'profile.icc');
  rmSync(profile, { force: true });
  const picture = parsePnm(run('djpeg', '-pnm', '-icc', profile, path));
  const icc = existsSync(profile) ? readFileSync(profile) : null;
  const orientation = Number(run('jpegexiforient', '-n', path).toString()) || 1;
  return { ...upright(picture, orientation), icc: icc?.length ? icc : null };
}

/**
 * Exif's orientations: 1 upright, 2..4 mirrored or turned upside down, 5..8 with rows and columns swapped.
 * @param {import('./pixels.js').Picture} picture @param {number} orientation
 */
function upright(picture, orientation) {
  if (orientation === 1) return picture;
  const swapped = orientation >= 5;
  const [width, height] = swapped ? [picture.height, picture.width] : [picture.width, picture.height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const source = new Uint32Array(picture.data.buffer);
  const turned = new Uint32Array(source.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const fromX = fromRight ? picture.width - 1 - column : column;
      const fromY = fromBottom ? picture.height - 1 - row : row;
      turned[y * width + x] = source[fromY * picture.width + fromX];
    }
  }
  return { width, height, data: new Uint8ClampedArray(turned.buffer) };
}

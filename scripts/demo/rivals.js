// JPEG and AVIF files of a picture that weigh about as much as its .lic file: of all settings of the encoder the one
// with the smallest file that is not below it.

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { toPng } from '../png.js';
import { run } from './commands.js';
import { writePpm } from './pixels.js';

/**
 * @param {import('./photo.js').Photo} photo @param {number} bytes @param {string} path @param {string} scratch a folder
 */
export function makeJpeg(photo, bytes, path, scratch) {
  const source = join(scratch, 'photo.ppm');
  writePpm(source, photo);
  const profile = saveProfile(photo, scratch, '-icc');
  const encode = (quality) =>
    run('cjpeg', '-quality', String(quality), '-optimize', '-progressive', ...profile, '-outfile', path, source);
  searchSize(encode, 1, 100, bytes, path);
}

/**
 * @param {import('./photo.js').Photo} photo @param {number} bytes @param {string} path @param {string} scratch a folder
 */
export function makeAvif(photo, bytes, path, scratch) {
  const source = join(scratch, 'photo.png');
  writeFileSync(source, toPng(photo));
  const profile = saveProfile(photo, scratch, '--icc');
  const rateControl = ['--min', '0', '--max', '63', '-a', 'end-usage=q'];
  const encode = (setting) =>
    run('avifenc', '-s', '6', '-j', 'all', ...rateControl, '-a', `cq-level=${63 - setting}`, ...profile, source, path);
  searchSize(encode, 0, 63, bytes, path);
}

/** @param {import('./photo.js').Photo} photo @param {string} scratch @param {string} option @returns {string[]} */
function saveProfile({ icc }, scratch, option) {
  if (!icc) return [];
  const path = join(scratch, 'profile.icc');
  writeFileSync(path, icc);
  return [option, path];
}

/**
 * Leaves the file of the least setting from `low` to `high` that gives `bytes` or more, or that of `high` if none does.
 * @param {(setting: number) => unknown} encode files grow with the setting
 */
function searchSize(encode, low, high, bytes, path) {
  let last;
  while (low < high) {
    const middle = (low + high) >> 1;
    encode((last = middle));
    if (statSync(path).size >= bytes) high = middle;
    else low = middle + 1;
  }
  if (last !== low) encode(low);
}

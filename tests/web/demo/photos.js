// The photographs of LIC_TEST_DATA, encoded and decoded by the native command.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rootPath } from '../support/vectors.js';

const LIC = rootPath('build/release/native/lic');
const FOLDER = join(process.env.LIC_TEST_DATA ?? '', 'kodak');

/** For `test(name, {skip}, ...)`: false, or why there are no photographs. */
export const skip =
  process.env.LIC_TEST_DATA && existsSync(FOLDER) ? false : 'LIC_TEST_DATA names no folder with kodak/*.png';

export const QUALITIES = [20, 50, 85];

/** Paths of all photographs. */
export const listPhotos = () =>
  skip
    ? []
    : readdirSync(FOLDER)
        .filter((name) => name.endsWith('.png'))
        .map((name) => join(FOLDER, name));

/**
 * What the command makes of a photograph: the bytes of the .lic file, its symbol hash, and width, height and samples
 * (red, green, blue) of the decoded picture.
 * @param {string} photo
 * @param {number} quality
 */
export function codeNatively(photo, quality) {
  const folder = mkdtempSync(join(tmpdir(), 'lic-photos-'));
  const run = (/** @type {string[]} */ ...values) =>
    execFileSync(LIC, values, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const lic = join(folder, 'photo.lic');
    const ppm = join(folder, 'photo.ppm');
    run('encode', photo, '-o', lic, '-q', String(quality));
    run('decode', lic, '-o', ppm);
    const symbols = JSON.parse(run('verify', lic, '--json')).symbol_hash;
    return { bytes: readFileSync(lic), symbols, ...readPpm(readFileSync(ppm)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Width, height and samples of a binary PPM without comments. */
function readPpm(file) {
  const [head, width, height] = file.toString('latin1', 0, 40).match(/^P6\s(\d+)\s(\d+)\s255\s/);
  return { width: Number(width), height: Number(height), samples: file.subarray(head.length) };
}

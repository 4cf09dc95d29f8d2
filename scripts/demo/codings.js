// The same photo by LIC's other codings, in about the bytes of its .lic file, and what the overfitted one is made of.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { toPng } from '../png.js';
import { runLic } from './commands.js';
import { parsePng } from './pixels.js';

const EFFORT = '2'; // of the overfitted file: about 15 seconds of one core for a megapixel, and as much for its size
const MOST_PIXELS = 2 ** 21; // larger photos would take minutes

/**
 * @param {string} photo @param {string} name of the photo's files @param {string} folder for them
 * @param {number} bytes what it may weigh
 */
export function makeVisual(photo, name, folder, bytes) {
  const file = `${name}.visual.lic`;
  runLic('encode', photo, '-o', join(folder, file), '-m', 'lic-visual', '--target-size', String(bytes));
  return { file, bytes: statSync(join(folder, file)).size };
}

/**
 * The overfitted file, and its parts: bytes of the networks and of each grid, which is drawn as a PNG.
 * @param {string} photo @param {string} name of the photo's files @param {string} folder for them
 * @param {number} bytes what it may weigh @param {number} pixels of the photo
 */
export function makeOverfitted(photo, name, folder, bytes, pixels) {
  if (pixels > MOST_PIXELS)
    throw new Error(`not overfitted: more than ${MOST_PIXELS / 2 ** 20} megapixels take minutes`);
  const file = `${name}.overfitted.lic`;
  const path = join(folder, file);
  runLic('encode', photo, '-o', path, '--overfit', '--effort', EFFORT, '--target-size', String(bytes));
  const made = runLic('grids', path, '-d', folder);
  for (const grid of made.grids) raiseContrast(grid);
  const grids = made.grids.map((grid) => ({ ...grid, file: basename(grid.file) }));
  const parts = { networks: made.network_bytes, alpha: made.alpha_bytes, grids };
  return { file, bytes: made.bytes, parts };
}

/**
 * Stretches the samples of a drawn grid, 128 and the latent, until the largest latent is black or white.
 * @param {{file: string, least: number, most: number}} grid
 */
function raiseContrast({ file, least, most }) {
  const picture = parsePng(readFileSync(file));
  const factor = 127 / Math.max(-least, most, 1);
  const { data } = picture;
  for (let i = 0; i < data.length; i++) if (i % 4 < 3) data[i] = Math.round(128 + (data[i] - 128) * factor);
  writeFileSync(file, toPng(picture));
}

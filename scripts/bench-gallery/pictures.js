// The files of the gallery: each picture as .lic, and as AVIF of about the same bytes. What was made once is used
// again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';

import sharp from 'sharp';

import { runLic } from '../demo/commands.js';
import { readPhoto } from '../demo/photo.js';
import { makeAvif } from '../demo/rivals.js';

const LARGE = { columns: 5, rows: 6, width: 768, height: 512 };

/**
 * @typedef {{name: string, width: number, height: number, lic: string, avif: string, bytes: {lic: number, avif:
 *   number}}} Picture
 * @param {string[]} photos @param {string} folder for the files
 * @param {{quality: number, large: boolean, model: string}} options
 * @returns {Promise<Record<string, Picture[]>>} sets of pictures, which pictures.json in the folder has too
 */
export async function makePictures(photos, folder, { quality, large, model }) {
  const list = join(folder, 'pictures.json');
  const key = createHash('sha256').update(`quality ${quality}`);
  for (const file of [model, ...photos]) key.update(readFileSync(file));
  const recipe = key.digest('hex');
  let made = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {};
  if (made.recipe !== recipe) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    made = { recipe, sets: {} };
  }
  const scratch = mkdtempSync(join(tmpdir(), 'lic-gallery-'));
  const make = (/** @type {string} */ photo) =>
    makePicture(photo, folder, scratch, ['-q', String(quality), '-m', model]);
  try {
    made.sets.gallery ??= photos.map(make);
    if (large) made.sets.large ??= [make(await makeLarge(photos, scratch))];
    writeFileSync(list, JSON.stringify(made));
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return large ? made.sets : { gallery: made.sets.gallery };
}

/**
 * @param {string} photo @param {string} folder @param {string} scratch @param {string[]} options of `lic encode`
 * @returns {Picture}
 */
function makePicture(photo, folder, scratch, options) {
  const name = basename(photo, extname(photo));
  const [lic, avif] = [`${name}.lic`, `${name}.avif`];
  const { width, height, bytes } = runLic('encode', photo, '-o', join(folder, lic), ...options);
  makeAvif(readPhoto(photo, scratch), bytes, join(folder, avif), scratch);
  return { name, width, height, lic, avif, bytes: { lic: bytes, avif: statSync(join(folder, avif)).size } };
}

/** A picture of 12 megapixels, of the others side by side. @param {string[]} photos @param {string} scratch */
async function makeLarge(photos, scratch) {
  const { columns, rows, width, height } = LARGE;
  const tiles = Array.from({ length: columns * rows }, async (_, i) => ({
    input: await sharp(photos[i % photos.length])
      .resize(width, height)
      .removeAlpha()
      .toBuffer(),
    left: (i % columns) * width,
    top: Math.floor(i / columns) * height,
  }));
  const path = join(scratch, 'large.png');
  const ground = { width: columns * width, height: rows * height, channels: /** @type {3} */ (3), background: '#888' };
  await sharp({ create: ground })
    .composite(await Promise.all(tiles))
    .png({ compressionLevel: 1 })
    .toFile(path);
  return path;
}

// A small site for the tests of lic-static and of the Vite plugin: a photograph, a drawing, an icon, pages that show
// them.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import sharp from 'sharp';

import { decode } from 'lic-codec';

import { readRoot, rootPath } from '../support/vectors.js';

export const LIC = rootPath('build/release/native/lic');

/** For `test(name, {skip}, ...)`: false, or why pictures cannot be encoded. */
export const skip = existsSync(LIC) ? false : 'the lic command is missing: build it, scripts/build.sh release';

/** The photograph of samples/ as sharp's input. */
async function readPhoto() {
  const { width, height, data } = await decode(readRoot('samples/coffee.lic'));
  return sharp(new Uint8Array(data.buffer), { raw: { width, height, channels: 4 } }).removeAlpha();
}

/** Large squares of plain colours, which PNG writes in fewer bytes than LIC. */
function makeDrawing() {
  const pixels = Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 640, Math.floor(i / 1920)].map((at) => at >> 3);
    return ((x * 7 + y * 13 + ((x * y) % 11)) * 40) & 255;
  });
  return sharp(pixels, { raw: { width: 640, height: 480, channels: 3 } }).png({ compressionLevel: 9, palette: true });
}

/**
 * Writes files by their paths below a folder.
 * @param {string} folder
 * @param {Record<string, string | Uint8Array>} files
 */
export function writeFiles(folder, files) {
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
}

/** @returns {Promise<Record<string, Buffer>>} pictures by their names */
export async function makePictures() {
  const photo = await readPhoto();
  return {
    'photo.jpg': await photo.clone().jpeg({ quality: 88 }).toBuffer(),
    'photo-300.jpg': await photo.clone().resize(300).jpeg({ quality: 88 }).toBuffer(),
    'drawing.png': await makeDrawing().toBuffer(),
    'icon.png': await photo.clone().resize(24).png().toBuffer(),
  };
}

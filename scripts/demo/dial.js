// The files of the demo page's quality dial: one photo at qualities from end to end.

import { join } from 'node:path';

import { runLic } from './commands.js';

const QUALITIES = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/**
 * @param {string} photo @param {string} name of the photo's files @param {string} folder for them
 * @param {{quality: number, file: string, bytes: number, psnr: number | null}} present a file that is there already
 */
export function makeDial(photo, name, folder, present) {
  return QUALITIES.map((quality) => {
    if (quality === present.quality) return present;
    const file = `${name}.q${quality}.lic`;
    const { bytes } = runLic('encode', photo, '-o', join(folder, file), '-q', String(quality));
    const { psnr } = runLic('verify', join(folder, file), '--against', photo);
    return { quality, file, bytes, psnr };
  });
}

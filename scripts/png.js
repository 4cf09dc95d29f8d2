// Red, green, blue, alpha as a PNG file: 8 bits a sample, without alpha where all of it is 255.

import { deflateSync } from 'node:zlib';

import { makePng, toRows } from '../web/server/png.js';

/**
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture
 * @returns {Buffer}
 */
export function toPng(picture) {
  const { channels, rows } = toRows(picture);
  return Buffer.from(makePng(picture, channels, deflateSync(rows)).buffer);
}

// Pictures in Display P3 as sRGB, which every format and viewer understands.

import { setImmediate } from 'node:timers/promises';

import { convertToSrgb } from '../common/srgb.js';

const SLICE_BYTES = 2 ** 18;

/**
 * Converts in slices, between which the thread does other work.
 * @param {import('lic-codec').Picture} picture whose data may be changed
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('lic-codec').Picture>}
 */
export async function toSrgb(picture, signal) {
  const { data, colorSpace } = picture;
  if (colorSpace !== 'display-p3') return picture;
  for (let at = 0; at < data.length; at += SLICE_BYTES) {
    convertToSrgb(data.subarray(at, at + SLICE_BYTES));
    await setImmediate();
    signal?.throwIfAborted();
  }
  return { ...picture, colorSpace: 'srgb' };
}

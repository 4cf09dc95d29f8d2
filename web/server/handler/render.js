// A .lic file as a picture that every browser shows.
//
//   bytes ──lic-codec──> pixels ──sharp──> AVIF, WebP, JPEG, PNG, scaled
//                               ──png────> PNG, where sharp is not installed

/**
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 * @typedef {import('lic-codec').Info} Info
 * @typedef {import('lic-codec').Picture} Picture
 * @typedef {Record<PictureFormat, Record<string, unknown>>} Encoders
 * @typedef {{format: PictureFormat, width: number | null, quality: number | null}} Variant
 */

/** @type {Encoders} */
export const ENCODERS = { avif: { quality: 55, effort: 2 }, webp: { quality: 80 }, jpeg: { quality: 82 }, png: {} };

/**
 * @param {any} sharp
 * @param {Encoders} encoders
 * @param {Picture} picture
 * @param {Info} info
 * @param {Variant} variant the width is at most the picture's own
 * @returns {Promise<Uint8Array>}
 */
export async function encodeBySharp(sharp, encoders, { width, height, data }, { hasAlpha, isGrey }, variant) {
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const image = sharp(pixels, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  if (variant.width) image.resize({ width: variant.width });
  if (!hasAlpha) image.removeAlpha();
  else if (variant.format === 'jpeg') image.flatten({ background: '#fff' });
  if (isGrey) image.toColourspace('b-w');
  const quality = variant.quality === null || variant.format === 'png' ? {} : { quality: variant.quality };
  return image.toFormat(variant.format, { ...encoders[variant.format], ...quality }).toBuffer();
}

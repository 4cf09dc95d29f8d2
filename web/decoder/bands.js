// A large picture in several workers: each decodes a band of it as a region of its own.
//
// Bands share nothing but the file, and each is exactly that part of the whole picture. So a row of tiles on each side
// of an edge is decoded twice. To hand latents from worker to worker instead would gain less than it costs.

import { join } from '../common/bytes.js';

/**
 * @typedef {import('../index.d.ts').Info} Info
 * @typedef {import('../index.d.ts').Region} Region
 * @typedef {import('../common/types.d.ts').Pixels} Pixels
 */

const TILE_UNIT = 64; // pixels; band edges are multiples of it, so that the blocks of previews do not cross them
const HALO = 128; // pixels; the synthesis looks at no more of them around a region

// Rough shares of the whole work.
const ENTROPY = 0.4;
const SYNTHESIS = 0.6;

/** Smaller pictures stay whole: a worker more would cost more than it gains. */
const LEAST_PIXELS = 3_000_000;
const LEAST_GAIN = 1.2;

/**
 * The bands in which a picture, or a region of it, is decoded soonest.
 * @param {Info} info
 * @param {Region | undefined} region
 * @param {number} most bands that may be decoded at once
 * @returns {Region[]} from the top; one where it is to stay whole
 */
export function planBands(info, region, most) {
  const whole = region ?? { x: 0, y: 0, width: info.width, height: info.height };
  if (whole.width * whole.height < LEAST_PIXELS) return [whole];
  let best = [whole];
  for (let count = 2; count <= most; ++count) {
    const bands = split(whole, count, info.tileUnits * TILE_UNIT);
    if (longest(bands, info) * LEAST_GAIN <= longest(best, info)) best = bands;
  }
  return best;
}

/**
 * Edges stay inside `whole` and away from the edges of tiles: an edge at a tile's edge would make the bands on both
 * sides decode a row of tiles more.
 * @param {Region} whole @param {number} count @param {number} side of a tile
 * @returns {Region[]}
 */
function split({ x, y, width, height }, count, side) {
  const edges = Array.from({ length: count - 1 }, (_, i) => {
    const even = Math.round((y + (height * (i + 1)) / count) / TILE_UNIT) * TILE_UNIT;
    const tileEdge = Math.round(even / side) * side;
    const edge = side > 4 * HALO && Math.abs(even - tileEdge) < HALO ? tileEdge - HALO : even;
    return Math.min(Math.max(edge, y), y + height);
  });
  const all = [y, ...edges, y + height];
  return all.slice(1).flatMap((end, i) => (end > all[i] ? [{ x, y: all[i], width, height: end - all[i] }] : []));
}

/** The work of the band that takes longest, in rows of pixels. @param {Region[]} bands @param {Info} info */
function longest(bands, info) {
  const side = info.tileUnits * TILE_UNIT;
  const work = (/** @type {Region} */ { y, height }) => {
    const first = Math.floor(Math.max(0, y - HALO) / side) * side;
    const end = Math.min(info.height, Math.ceil((y + height + HALO) / side) * side);
    return ENTROPY * (end - first) + SYNTHESIS * height;
  };
  return Math.max(...bands.map(work));
}

/** @param {Pixels[]} parts from the top, of one width @returns {Pixels} */
export function stack(parts) {
  const pixels = new Uint8ClampedArray(join(parts.map((part) => part.pixels)).buffer);
  return { width: parts[0].width, height: parts.reduce((sum, { height }) => sum + height, 0), pixels };
}

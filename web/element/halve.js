// Pictures made smaller: each pixel becomes the mean of 2 x 2, once or several times.
//
//   canvas ──> slice of rows ──> halved ──> halved ──> copy
//
// Browsers draw on the page's thread. The slices of all pictures of a page share its turns of the event loop: a large
// picture, or many that are resized together, do not hold it up.

import { Turns } from '../common/turn.js';

/**
 * @typedef {{canvas: HTMLCanvasElement | OffscreenCanvas, y: number, width: number, height: number}} Slice rows of a
 *   canvas from y on
 */

// How many pixels are read in a turn: they take some milliseconds without a graphics card.
const TURN_PIXELS = 2 ** 20;

const turns = new Turns(TURN_PIXELS);

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} halvings 1 or more
 * @param {AbortSignal} signal
 * @returns {Promise<HTMLCanvasElement | null>} null when it is no longer wanted, or there is no memory for it
 */
export async function copyHalved(canvas, halvings, signal) {
  const { width, height } = canvas;
  const unit = 2 ** halvings;
  const sliceRows = Math.max(1, Math.floor(TURN_PIXELS / (width * unit))) * unit;
  const copy = makeHalved(canvas, halvings, canvas.getContext('2d')?.getContextAttributes().colorSpace);
  for (let y = 0; y < height; y += sliceRows) {
    const rows = Math.min(sliceRows, height - y);
    await turns.take(width * rows);
    if (signal.aborted || !copy.getContext('2d')) return null;
    drawHalved(copy, { canvas, y, width, height: rows }, halvings, y);
  }
  return copy;
}

/**
 * Makes a canvas for a picture that is halved so often.
 * @param {{width: number, height: number}} size @param {number} halvings @param {PredefinedColorSpace} [colorSpace]
 */
export function makeHalved({ width, height }, halvings, colorSpace) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width / 2 ** halvings);
  canvas.height = Math.ceil(height / 2 ** halvings);
  canvas.getContext('2d', { colorSpace });
  return canvas;
}

/**
 * @param {HTMLCanvasElement} copy @param {Slice} slice of a picture @param {number} halvings
 * @param {number} y its first row there
 */
export function drawHalved(copy, slice, halvings, y) {
  const context = copy.getContext('2d');
  if (!context) return;
  const colorSpace = context.getContextAttributes().colorSpace;
  for (let i = 1; i < halvings; ++i) slice = halve(slice, colorSpace);
  const to = Math.floor(y / 2 ** halvings);
  context.clearRect(0, to, copy.width, Math.ceil(slice.height / 2));
  draw(context, slice, to);
}

/** @param {Slice} slice @param {PredefinedColorSpace} [colorSpace] @returns {Slice} */
function halve(slice, colorSpace) {
  const [width, height] = [Math.ceil(slice.width / 2), Math.ceil(slice.height / 2)];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace });
  if (context) draw(context, slice, 0);
  return { canvas, y: 0, width, height };
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {Slice} slice @param {number} to
 */
function draw(context, { canvas, y, width, height }, to) {
  context.drawImage(canvas, 0, y, width, height, 0, to, Math.ceil(width / 2), Math.ceil(height / 2));
}

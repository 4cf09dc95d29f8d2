// The canvas of a picture, on which rows are painted as they come.
//
// Browsers refuse large canvases, most of them silently: Safari on phones beyond 2^24 pixels, others beyond 2^28 or a
// side of 2^15. Where there is no canvas of the picture's size, one with half of its sides is taken, or a quarter, and
// its pixels are the means of the picture's.

import { LicError } from '../common/errors.js';

// No browser refuses so many pixels. A quarter of the largest picture has fewer.
const SURE_PIXELS = 2 ** 24;
const SURE_SIDE = 2 ** 14;
const SCALES = [1, 2, 4];

export class Surface {
  canvas = document.createElement('canvas');
  /** @type {CanvasRenderingContext2D | null} */
  #context = null;
  /** How many pixels of the picture each pixel of the canvas stands for, to the right and down. */
  #scale = 1;
  /** The size that open() has given the canvas. */
  #size = { width: 0, height: 0 };

  /**
   * Makes room for a picture.
   * @param {number} width @param {number} height of the picture
   * @param {PredefinedColorSpace} [colorSpace] of its pixels
   * @returns {boolean} whether the canvas had another size before
   */
  open(width, height, colorSpace) {
    if (this.canvas.width === this.#size.width && this.canvas.height === this.#size.height) return false;
    const scale = SCALES.find((scale) => this.#resize(Math.ceil(width / scale), Math.ceil(height / scale), colorSpace));
    if (!scale) throw new LicError('out_of_memory', `this browser has no canvas for ${width} x ${height} pixels`);
    this.#scale = scale;
    return true;
  }

  /**
   * Paints rows of the picture.
   * @param {ImageData} strip @param {number} y its first row, a multiple of 16 as all strips begin at
   * @returns {{image: ImageData, y: number}} what has been painted
   */
  put(strip, y) {
    const painted = this.#scale === 1 ? { image: strip, y } : { image: reduce(strip, this.#scale), y: y / this.#scale };
    this.#context?.putImageData(painted.image, 0, painted.y);
    return painted;
  }

  /** Takes over the picture of another canvas. @param {HTMLCanvasElement} other */
  copy(other) {
    this.#context?.drawImage(other, 0, 0, this.canvas.width, this.canvas.height);
  }

  /** Leaves a thumbnail of the picture. @param {OffscreenCanvas} small the picture */
  shrink(small) {
    this.canvas.width = small.width;
    this.canvas.height = small.height;
    this.#context?.drawImage(small, 0, 0);
  }

  /** Frees the pixels: Safari keeps those of a canvas that is merely dropped. */
  close() {
    this.canvas.width = this.canvas.height = 0;
  }

  /**
   * @param {number} width @param {number} height @param {PredefinedColorSpace} [colorSpace]
   * @returns {boolean} whether there is such a canvas
   */
  #resize(width, height, colorSpace) {
    this.#size = { width, height };
    Object.assign(this.canvas, this.#size);
    this.#context ??= this.canvas.getContext('2d', { colorSpace });
    return this.#context !== null && isUsable(this.#context);
  }
}

/** @param {CanvasRenderingContext2D} context */
function isUsable(context) {
  const { width, height } = context.canvas;
  if (width * height <= SURE_PIXELS && width <= SURE_SIDE && height <= SURE_SIDE) return true;
  try {
    context.fillRect(0, 0, 1, 1);
    const isPainted = context.getImageData(0, 0, 1, 1).data[3] === 255;
    context.clearRect(0, 0, 1, 1);
    return isPainted;
  } catch {
    return false;
  }
}

/**
 * Makes each pixel the mean of `scale` x `scale`, or of those that are left at the right edge and at the bottom.
 * @param {ImageData} image @param {number} scale
 */
function reduce({ data, width, height, colorSpace }, scale) {
  const size = /** @type {const} */ ([Math.ceil(width / scale), Math.ceil(height / scale)]);
  // Firefox takes settings only where ImageData is given its array.
  const small = new ImageData(new Uint8ClampedArray(size[0] * size[1] * 4), ...size, { colorSpace });
  for (let y = 0, to = 0; y < height; y += scale) {
    const end = Math.min(y + scale, height) * width;
    for (let x = 0; x < width; x += scale, to += 4)
      putMean(small.data, to, data, y * width + x, end, width, Math.min(scale, width - x));
  }
  return small;
}

/**
 * Sets one pixel to the mean of others, whose colours count as much as they are opaque.
 * @param {Uint8ClampedArray} to @param {number} at @param {Uint8ClampedArray} data
 * @param {number} first pixel @param {number} end after the last row @param {number} width of rows
 * @param {number} columns
 */
function putMean(to, at, data, first, end, width, columns) {
  let [red, green, blue, opacity, count] = [0, 0, 0, 0, 0];
  for (let row = first; row < end; row += width) {
    for (let from = row * 4; from < (row + columns) * 4; from += 4) {
      const alpha = data[from + 3];
      red += data[from] * alpha;
      green += data[from + 1] * alpha;
      blue += data[from + 2] * alpha;
      opacity += alpha;
      ++count;
    }
  }
  to[at] = opacity && red / opacity;
  to[at + 1] = opacity && green / opacity;
  to[at + 2] = opacity && blue / opacity;
  to[at + 3] = opacity / count;
}

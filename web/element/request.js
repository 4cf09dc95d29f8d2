// One file on its way to a canvas: what the HTML standard calls an image request.
//
//   transfer.js ──> header: sized ──> preview, strips: painted ──> done
//
// No task here touches all pixels of a picture. The file is kept, so that pixels which were given up come back without
// the network.

import { LicError } from '../common/errors.js';
import { Turns } from '../common/turn.js';
import { toCanvas } from './stand-in.js';
import { Surface } from './surface.js';
import { Transfer, decodeTo } from './transfer.js';

/**
 * @typedef {object} Hooks what a request tells; after abort() it tells nothing
 * @property {() => void} sized the header is there
 * @property {() => void} painted there is something to see; may be called again
 * @property {(rough: OffscreenCanvas, colorSpace?: PredefinedColorSpace) => void} begun strips are to come, for a
 *   canvas that is empty still
 * @property {(strip: ImageData, y: number, hasAlpha: boolean) => void} added the strip is on the canvas
 * @property {(fraction: number) => void} progressed
 * @property {() => void} renewed pixels have been given up, or are back
 */

// The longer side, in pixels, of the thumbnail that is left of a picture without its pixels.
const THUMBNAIL_SIDE = 32;
// (func (result v128) i32.const 0, i8x16.splat)
const SIMD_PROGRAM = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
];

// How many loads begin in one turn of the event loop. Each costs a page one or two milliseconds, and a page may show
// hundreds of pictures.
const turns = new Turns(4);

export class ImageRequest {
  /** Of the file, in pixels; 0 before the header is there. */
  width = 0;
  height = 0;
  /** Whether the whole picture has been painted. It stays so when pixels are given up for a while. */
  loaded = false;
  /** @type {Promise<void>} */
  done;
  #hooks;
  #loading = new AbortController();
  /** @type {{controller: AbortController, done: Promise<void>} | null} */
  #restoring = null;
  #hasPixels = false;
  /** What is left of the picture while its pixels are given up. @type {OffscreenCanvas | null} */
  #thumbnail = null;
  /** @type {Promise<Blob> | undefined} */
  #file;
  #surface = new Surface();

  /**
   * @param {string} url
   * @param {number} density pixels of the file for each CSS pixel
   * @param {RequestInit} init
   * @param {Hooks} hooks
   */
  constructor(url, density, init, hooks) {
    this.url = url;
    this.density = density;
    this.#hooks = hooks;
    this.canvas.part.add('picture');
    this.done = this.#load(init, this.#loading.signal);
    this.done.catch(() => {});
  }

  get canvas() {
    return this.#surface.canvas;
  }

  get aborted() {
    return this.#loading.signal.aborted;
  }

  /** How many pixels the canvas holds. */
  get pixels() {
    return this.canvas.width * this.canvas.height;
  }

  /** Stops whatever runs. What is painted stays. */
  abort() {
    this.#loading.abort(new DOMException('the picture has been changed or removed', 'EncodingError'));
    this.#restoring?.controller.abort();
  }

  /** Stops whatever runs, and frees the pixels. */
  close() {
    this.abort();
    this.#surface.close();
  }

  /** Gives the pixels up, but for a thumbnail. */
  release() {
    const scale = THUMBNAIL_SIDE / Math.max(this.width, this.height);
    if (!this.loaded || scale >= 1) return;
    this.#restoring?.controller.abort();
    this.#restoring = null;
    this.#hasPixels = false;
    const small = (this.#thumbnail ??= copy(
      this.canvas,
      Math.ceil(this.width * scale),
      Math.ceil(this.height * scale),
    ));
    this.#surface.shrink(small);
    this.#hooks.renewed();
  }

  /** Brings the pixels back. */
  restore() {
    if (this.#hasPixels || !this.loaded) return this.done;
    if (!this.#restoring) {
      const controller = new AbortController();
      this.#restoring = { controller, done: this.#restore(controller.signal) };
    }
    return this.#restoring.done;
  }

  /**
   * The picture as a file, by default PNG.
   * @param {string} [type] @param {number} [quality]
   * @returns {Promise<Blob>}
   */
  async toBlob(type = 'image/png', quality) {
    await this.done;
    await this.restore();
    return new Promise((resolve, reject) => {
      const receive = (/** @type {Blob | null} */ blob) =>
        blob ? resolve(blob) : reject(new DOMException('the picture could not be encoded', 'EncodingError'));
      this.canvas.toBlob(receive, type, quality);
    });
  }

  /** @param {AbortSignal} signal */
  async #restore(signal) {
    const file = /** @type {Blob} */ (await this.#file);
    signal.throwIfAborted();
    await decodeTo(file, signal, this.#receiver(null));
    this.#thumbnail = null;
    this.#hasPixels = true;
    this.#restoring = null;
    this.#hooks.renewed();
  }

  /** @param {RequestInit} init @param {AbortSignal} signal */
  async #load(init, signal) {
    checkBrowser();
    await turns.take(1);
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      const member = { ...this.#receiver(this.#hooks), canvas: this.canvas, copied: this.#copied, failed: reject };
      const transfer = Transfer.join(this.url, init, member);
      signal.addEventListener('abort', () => {
        transfer.leave(member);
        reject(signal.reason);
      });
      this.#file = transfer.file;
      transfer.done.then(resolve, reject);
    });
    this.loaded = this.#hasPixels = true;
    this.#thumbnail = null;
  }

  /**
   * What becomes of a file that is decoded.
   * @param {Hooks | null} hooks that are told how far the picture is, if it is not there already
   * @returns {import('./transfer.js').Receiver}
   */
  #receiver(hooks) {
    let hasAlpha = false;
    return {
      sized: (info) => {
        this.width = info.width;
        this.height = info.height;
        hasAlpha = info.hasAlpha;
        hooks?.sized();
      },
      begun: (preview) => {
        this.#open(preview);
        hooks?.painted();
        this.#hooks.begun(toCanvas(preview), preview.colorSpace);
      },
      added: (strip) => {
        const { image, y } = this.#open(strip.image).put(strip.image, strip.y);
        hooks?.painted();
        this.#hooks.added(image, y, hasAlpha);
      },
      progressed: (fraction) => hooks?.progressed(fraction),
    };
  }

  /**
   * Takes the picture over from another canvas.
   * @param {HTMLCanvasElement} canvas @param {PredefinedColorSpace} [colorSpace] of its pixels
   */
  #copied = (canvas, colorSpace) => {
    this.#open({ colorSpace }).copy(canvas);
    this.#hooks.painted();
    this.#hooks.renewed();
  };

  /**
   * Gives the canvas its full size. What it showed in a smaller size goes on being seen.
   * @param {{colorSpace?: PredefinedColorSpace}} image says which colours the canvas has to hold
   */
  #open({ colorSpace }) {
    const isChanged = this.#surface.open(this.width, this.height, colorSpace);
    if (isChanged && this.#thumbnail) this.#hooks.begun(this.#thumbnail, colorSpace);
    return this.#surface;
  }
}

/** Throws before a file is loaded that cannot be shown: lockdown modes have no WebAssembly, old browsers no SIMD. */
function checkBrowser() {
  if (globalThis.WebAssembly?.validate(new Uint8Array(SIMD_PROGRAM))) return;
  throw new LicError('internal', 'this browser has no WebAssembly with SIMD');
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function copy(canvas, width, height) {
  const result = new OffscreenCanvas(width, height);
  result.getContext('2d')?.drawImage(canvas, 0, 0, width, height);
  return result;
}

/** @param {ImageRequest | null} request @returns {[width: number, height: number]} in CSS pixels */
export function naturalSize(request) {
  return request ? [request.width / request.density, request.height / request.density] : [0, 0];
}

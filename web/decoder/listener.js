// What a decode tells its caller: previews, strips and progress of all its bands, put together.

import { LicError } from '../common/errors.js';
import { stack } from './bands.js';

/**
 * @typedef {import('../index.d.ts').Info} Info
 * @typedef {import('../index.d.ts').DecodeOptions} DecodeOptions
 * @typedef {import('../common/types.d.ts').Job} Job
 * @typedef {import('../common/types.d.ts').Pixels} Pixels
 * @typedef {import('../common/rows.js').Whole} Whole
 * @typedef {import('../file/reader.js').FileReader} FileReader
 */

/** Calls the caller's functions; what they throw ends the decode. */
export class Listener {
  #options;
  #stop;
  #reader;
  /** How far each band is. @type {{rows: number, fraction: number}[]} */
  #bands = [];
  /** @type {Pixels[]} */
  #previews = [];
  /** @type {Whole | null} */
  #whole = null;

  /** @param {DecodeOptions} options @param {AbortController} stop @param {FileReader} reader */
  constructor(options, stop, reader) {
    this.#options = options;
    this.#stop = stop;
    this.#reader = reader;
  }

  /** @param {Info} info */
  info(info) {
    this.#call(() => this.#options.onInfo?.(info));
    this.#stop.signal.throwIfAborted();
  }

  /** The strips of all bands are to be put together. @param {Whole} whole */
  assemble(whole) {
    this.#whole = whole;
  }

  loading() {
    this.#progress('loading');
  }

  /**
   * What a band tells, put together with what the others tell.
   * @param {Pick<Job, 'region' | 'colorSpace'>} job @param {number} band @param {number} count
   * @returns {Pick<import('../common/types.d.ts').Events, 'preview' | 'progress'>}
   */
  events({ region, colorSpace }, band, count) {
    const toImage = (/** @type {Pixels} */ result) => toImageData({ result, colorSpace });
    const top = count > 1 && region ? region.y - (this.#options.region?.y ?? 0) : 0;
    this.#bands[band] = { rows: 0, fraction: 0 };
    return {
      preview: (preview) => {
        this.#previews[band] = preview;
        const isWhole = Object.keys(this.#previews).length === count && this.#bands.every(({ rows }) => rows === 0);
        if (isWhole) this.#call(() => this.#options.preview?.(toImage(stack(this.#previews))));
      },
      progress: ({ fraction, rows, strip }) => {
        this.#bands[band] = { rows, fraction };
        // Copy first: the callback may transfer the pixels' buffer.
        if (strip) this.#whole?.put(top + strip.y, strip.image.pixels);
        if (this.#options.onProgress)
          this.#progress('decoding', strip && { y: top + strip.y, image: toImage(strip.image) });
      },
    };
  }

  /**
   * @param {import('../index.d.ts').Progress['phase']} phase @param {import('../index.d.ts').Progress['strip']} [strip]
   */
  #progress(phase, strip) {
    const rows = this.#bands.reduce((sum, band) => sum + band.rows, 0);
    const fraction = this.#bands.reduce((sum, band) => sum + band.fraction / this.#bands.length, 0);
    this.#call(() => this.#options.onProgress?.({ phase, loaded: this.#reader.loaded, fraction, rows, strip }));
  }

  /** @param {() => void} call */
  #call(call) {
    if (this.#stop.signal.aborted) return;
    try {
      call();
    } catch (error) {
      this.#stop.abort(error);
    }
  }
}

/** @param {{result: Pixels, colorSpace: PredefinedColorSpace}} decoded @returns {any} */
export function toImageData({ result: { width, height, pixels }, colorSpace }) {
  if (typeof ImageData !== 'function') return { width, height, data: pixels, colorSpace };
  try {
    return new ImageData(pixels, width, height, { colorSpace });
  } catch (cause) {
    throw new LicError('out_of_memory', `no ImageData of ${width} x ${height} pixels`, { cause });
  }
}

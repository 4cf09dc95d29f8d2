// Makes pictures of .lic files, once each: from the cache, or decoded and encoded when it is their turn.
//
//   stored picture + variant ──> cache ──hit──────────────────────────────────> bytes
//                                  └──miss──> jobs ──> decode ──> encode ──> cache

import { LRUCache } from 'lru-cache';

import { createDecoder, info } from 'lic-codec';

import { Jobs } from '../jobs.js';
import { encodePng } from '../png.js';
import { HttpProblem } from '../problem.js';
import { toSrgb } from '../to-srgb.js';
import { DiskCache, PictureCache } from './cache.js';
import { checkSize, chooseFormat } from './negotiate.js';
import { encodeBySharp } from './render.js';
import { sample, version } from './sample.js';

/**
 * @typedef {import('lic-codec').Info} Info
 * @typedef {import('./server.js').StoredPicture} StoredPicture
 * @typedef {import('./server.js').PictureFormat} PictureFormat
 * @typedef {import('./render.js').Variant} Variant
 * @typedef {import('./target.js').Target} Target
 * @typedef {ReturnType<typeof import('./settings.js').readOptions>} Settings
 */

const HEAD_BYTES = 1024;
const MOST_INFOS = 10_000;

export class PictureMaker {
  metrics = /** @type {import('./metrics.js').Metrics | null} */ (null);
  jobs;
  cache;
  #settings;
  #sharp;
  #formats;
  #decoder;
  /** The versions of what makes the pictures; they are part of a picture's name. */
  #makers;
  /**
   * A decoder with worker threads, so that the server's own thread stays free.
   * @type {import('lic-codec').Decoder | null}
   */
  #own;
  /** Headers by path and ETag. @type {LRUCache<string, Info>} */
  #infos = new LRUCache({ max: MOST_INFOS });
  /** @type {Promise<void> | null} */
  #sampleCheck = null;

  /** @param {Settings} settings @param {any} sharp the module, or null @param {DiskCache | null} disk */
  constructor(settings, sharp, disk) {
    this.#settings = settings;
    this.#sharp = sharp;
    this.#formats = /** @type {PictureFormat[]} */ (sharp ? settings.formats : ['png']);
    this.#own = settings.decoder ? null : createDecoder({ workers: settings.limits.concurrency });
    this.#decoder = settings.decoder ?? /** @type {import('lic-codec').Decoder} */ (this.#own);
    this.#makers = [version, sharp?.versions ?? process.versions.zlib, settings.decoderTag];
    this.jobs = new Jobs(settings.limits);
    this.cache = new PictureCache(settings.memoryCacheBytes, disk);
  }

  /**
   * Which picture answers a request.
   * @param {Target} target
   * @param {import('node:http').IncomingHttpHeaders} headers
   * @param {StoredPicture} stored
   * @returns {Promise<Variant>}
   */
  async choose({ path, format, width, quality }, headers, stored) {
    const header = await this.#info(path, stored);
    const least = width && this.#settings.widths.find((known) => known >= width);
    const scaled = least && least < header.width ? least : null;
    const size = scaledSize(header, scaled);
    const chosen = format ?? chooseFormat(headers, this.#formats, header.hasAlpha, size);
    if (chosen === 'lic') throw new TypeError('a .lic file is not made');
    this.#checkPossible(chosen, width, quality);
    checkSize(chosen, size);
    return {
      format: chosen,
      width: scaled,
      quality: chosen === 'png' ? null : this.#roundQuality(quality),
    };
  }

  /**
   * @param {string} path
   * @param {StoredPicture} stored
   * @param {Variant} variant
   * @param {AbortSignal} signal
   * @returns {Promise<Uint8Array>}
   */
  async make(path, stored, variant, signal) {
    const key = this.key(path, stored, variant);
    const hit = await this.cache.get(key);
    this.metrics?.lookedUp(hit?.from ?? 'miss');
    if (hit) return hit.bytes;
    return this.jobs.share(
      key,
      async (jobSignal) => {
        const bytes = await this.#render(path, stored, variant, jobSignal);
        await this.cache.put(key, bytes);
        return bytes;
      },
      signal,
    );
  }

  /**
   * Names a picture. Other bytes of its file, or other versions of what makes it, give another name.
   * @param {string} path @param {StoredPicture} stored @param {Variant} variant
   */
  key(path, { etag }, { format, width, quality }) {
    return JSON.stringify([path, etag, format, width, quality, this.#settings.encoders[format], this.#makers]);
  }

  /** Rejects unless the decoder gives the right pixels. */
  checkSample() {
    if (!this.#sampleCheck) {
      const checking = this.#decodeSample();
      this.#sampleCheck = checking;
      checking.catch(() => (this.#sampleCheck = null));
    }
    return this.#sampleCheck;
  }

  /** Ends all work. @param {unknown} reason */
  close(reason) {
    this.jobs.abort(reason);
    this.#own?.close();
  }

  async #decodeSample() {
    const { data } = await this.#decoder.decode(this.#settings.sample ?? sample.file);
    if (this.#settings.sample) return;
    const isRight = sample.pixels.every((value, i) => Math.abs(value - data[i]) <= 1);
    if (!isRight) throw new Error(`the sample was decoded to ${data.join(' ')} instead of ${sample.pixels.join(' ')}`);
  }

  /** @param {string} path @param {StoredPicture} stored */
  async #info(path, stored) {
    const key = `${stored.etag} ${path}`;
    const known = this.#infos.get(key);
    if (known) return known;
    const header = await info(await stored.read(0, Math.min(stored.size, HEAD_BYTES)));
    this.#infos.set(key, header);
    return header;
  }

  /** The next quality that may be asked for, or the best. @param {number | null} quality */
  #roundQuality(quality) {
    const { qualities } = this.#settings;
    return quality && (qualities.find((known) => known >= quality) ?? qualities[qualities.length - 1]);
  }

  /** @param {PictureFormat} format @param {number | null} width @param {number | null} quality */
  #checkPossible(format, width, quality) {
    if (quality !== null && !this.#settings.qualities.length)
      throw new HttpProblem(400, 'bad_query', 'this server lets nobody choose a quality');
    const lacksSharp = !this.#sharp && (format !== 'png' || (width ?? quality) !== null);
    if (this.#formats.includes(format) && !lacksSharp) return;
    const without = 'this server makes PNG only, and does not scale: it lacks sharp';
    throw new HttpProblem(
      501,
      'format_unavailable',
      this.#sharp ? `this server makes ${this.#formats.join(', ')}` : without,
    );
  }

  /** @param {string} path @param {StoredPicture} stored @param {Variant} variant @param {AbortSignal} signal */
  async #render(path, stored, variant, signal) {
    const { maxFileBytes, maxPixels, encoders } = this.#settings;
    if (stored.size > maxFileBytes)
      throw new HttpProblem(422, 'limit_exceeded', `the file has more than ${maxFileBytes} bytes`);
    const header = await this.#info(path, stored);
    const bytes = await stored.read(0, stored.size);
    signal.throwIfAborted();
    const start = performance.now();
    const picture = await toSrgb(
      /** @type {import('lic-codec').Picture} */ (await this.#decoder.decode(bytes, { signal, maxPixels })),
      signal,
    );
    const decoded = performance.now();
    this.metrics?.decoded(decoded - start);
    const made = await (this.#sharp
      ? encodeBySharp(this.#sharp, encoders, picture, header, variant)
      : encodePng(picture, header.hasAlpha ? 4 : 3, signal));
    this.metrics?.encoded(variant.format, performance.now() - decoded);
    signal.throwIfAborted();
    return made;
  }
}

/**
 * The size of a picture that sharp scales.
 * @param {Info} info @param {number | null} scaled its width, or null
 */
function scaledSize({ width, height }, scaled) {
  return scaled ? { width: scaled, height: Math.max(1, Math.round((height * scaled) / width)) } : { width, height };
}

// Pictures that were made, by their keys. Memory holds those that were used last, a folder holds more.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LRUCache } from 'lru-cache';

const ABANDONED_MS = 3_600_000;
const DIGEST_BYTES = 32; // of SHA-256
const OWN = /^[0-9a-f]{64}$/; // of fileName()
const TEMPORARY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** @typedef {{bytes: Uint8Array, from: 'memory' | 'disk'}} Hit */

export class PictureCache {
  #memory;
  #disk;

  /**
   * @param {number} maxBytes in memory; 0 for none
   * @param {DiskCache | null} disk
   */
  constructor(maxBytes, disk) {
    /** @type {LRUCache<string, Uint8Array> | null} */
    this.#memory =
      maxBytes > 0 ? new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ length }) => Math.max(1, length) }) : null;
    this.#disk = disk;
  }

  get bytes() {
    return this.#memory?.calculatedSize ?? 0;
  }

  /** @param {string} key @returns {Promise<Hit | null>} */
  async get(key) {
    const known = this.#memory?.get(key);
    if (known) return { bytes: known, from: 'memory' };
    const bytes = await this.#disk?.get(key);
    if (!bytes) return null;
    this.#memory?.set(key, bytes);
    return { bytes, from: 'disk' };
  }

  /** @param {string} key @param {Uint8Array} bytes */
  async put(key, bytes) {
    this.#memory?.set(key, bytes);
    await this.#disk?.put(key, bytes);
  }
}

/**
 * Files named by the hash of their key. Several processes may share a folder: a file is there whole or not at all. Each
 * counts what it found and what it wrote itself, so the limit is one per process. Files with other names are left
 * alone. A file begins with the hash of the bytes behind it, because a machine that loses its power may leave half of a
 * file, or zeros.
 */
export class DiskCache {
  #folder;
  #maxBytes;
  /** @type {LRUCache<string, number>} sizes by name; those that fall out are deleted */
  #sizes;

  /** @param {string} folder @param {number} maxBytes */
  constructor(folder, maxBytes) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#sizes = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (size) => Math.max(1, size),
      dispose: (_, name, reason) => {
        if (reason === 'evict') void rm(join(folder, name), { force: true }).catch(() => {});
      },
    });
  }

  /**
   * Takes over what the folder holds.
   * @param {string} folder is made if need be
   * @param {number} maxBytes
   */
  static async open(folder, maxBytes) {
    await mkdir(folder, { recursive: true });
    const cache = new DiskCache(folder, maxBytes);
    const names = (await readdir(folder)).filter((name) => OWN.test(name) || TEMPORARY.test(name));
    const files = await Promise.all(
      names.map(async (name) => ({ name, facts: await stat(join(folder, name)).catch(() => null) })),
    );
    files.sort((a, b) => (a.facts?.mtimeMs ?? 0) - (b.facts?.mtimeMs ?? 0));
    for (const { name, facts } of files) {
      if (!facts?.isFile()) continue;
      const isOver = OWN.test(name) ? facts.size > maxBytes : Date.now() - facts.mtimeMs > ABANDONED_MS;
      if (isOver) await rm(join(folder, name), { force: true });
      else if (OWN.test(name)) cache.#sizes.set(name, facts.size);
    }
    return cache;
  }

  /** @param {string} key @returns {Promise<Uint8Array | null>} null, too, for a file that is damaged */
  async get(key) {
    const name = fileName(key);
    this.#sizes.get(name); // makes it the last to go
    const file = await readFile(join(this.#folder, name)).catch(() => null);
    const bytes = file?.subarray(DIGEST_BYTES);
    return bytes?.length && file?.subarray(0, DIGEST_BYTES).equals(digest(bytes)) ? bytes : null;
  }

  /**
   * A cache that cannot be written is none: failures are not reported.
   * @param {string} key @param {Uint8Array} bytes
   */
  async put(key, bytes) {
    const size = DIGEST_BYTES + bytes.length;
    if (size > this.#maxBytes) return; // the list of sizes would not hold it, so nothing would delete it
    const name = fileName(key);
    const temporary = join(this.#folder, `${randomUUID()}.tmp`);
    try {
      await writeFile(temporary, [digest(bytes), bytes], { flag: 'wx' });
      await rename(temporary, join(this.#folder, name));
      this.#sizes.set(name, size);
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
  }
}

/** @param {Uint8Array} bytes */
const digest = (bytes) => createHash('sha256').update(bytes).digest();

/** @param {string} key */
const fileName = (key) => createHash('sha256').update(key).digest('hex');

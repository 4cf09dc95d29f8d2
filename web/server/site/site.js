// A folder of web pages with its pictures as .lic, and <lic-img> in the place of <img>.

import { copyFile, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';

import { Encoder, writeWhole } from './encoder.js';
import { Pictures } from './pictures.js';
import { rewritePage } from './rewrite.js';
import { copyRuntime, measureRuntime } from './runtime.js';

/**
 * @typedef {import('./static.js').SiteOptions} SiteOptions
 * @typedef {import('./static.js').SiteReport} SiteReport
 */

const LEFT_OUT = ['node_modules', '.git'];
const OPEN_FILES = 8;

/** The folder of script, decoder and model in a site. */
const RUNTIME = 'lic';

/**
 * @param {SiteOptions} options
 * @returns {Promise<SiteReport>}
 */
export async function convertSite(options) {
  const site = new Site(options, new Pictures(await Encoder.open(options), options));
  return site.convert();
}

class Site {
  #warnings = /** @type {string[]} */ ([]);
  #pictures;
  #folder;
  #out;
  /** The address of its files, where that is another server than the pages'. @type {string | null} */
  #address;
  #base;
  #dryRun;

  /** @param {SiteOptions} options @param {Pictures} pictures */
  constructor({ folder, out = folder, base = '/', dryRun = false }, pictures) {
    this.#pictures = pictures;
    this.#folder = resolve(folder);
    this.#out = resolve(out);
    this.#address = isAddress(base) ? base.replace(/\/*$/, '/') : null;
    this.#base = this.#address ? '/' : base.replace(/^\/*/, '/').replace(/\/*$/, '/');
    this.#dryRun = dryRun;
  }

  async convert() {
    const files = await this.#list(this.#folder);
    const isPage = (/** @type {string} */ file) => /^\.html?$/i.test(extname(file));
    if (this.#out !== this.#folder && !this.#dryRun)
      await each(
        files.filter((file) => !isPage(file)),
        (file) => this.#copy(file),
      );
    const pages = files.filter(isPage);
    let rewritten = 0;
    await each(pages, async (file) => {
      if (await this.#convertPage(file)) ++rewritten;
    });
    if (rewritten && !this.#dryRun) await copyRuntime(join(this.#out, RUNTIME));
    const runtimeBytes = rewritten ? await measureRuntime() : 0;
    return {
      pages: { all: pages.length, rewritten },
      pictures: await this.#reportPictures(),
      runtimeBytes,
      warnings: this.#warnings.sort(),
    };
  }

  /** @param {string} file @returns {Promise<boolean>} whether it has changed */
  async #convertPage(file) {
    const original = await readFile(file);
    const html = original.toString();
    const warn = (/** @type {string} */ message) => void this.#warnings.push(`${this.#below(file)}: ${message}`);
    if (!Buffer.from(html).equals(original)) {
      warn('it is not UTF-8, and stays as it is');
      if (!this.#dryRun) await this.#write(file, original);
      return false;
    }
    const rewritten = await rewritePage(html, {
      path: this.#base + this.#below(file),
      address: this.#address,
      pictures: this.#pictures,
      find: (path) => this.#find(path),
      use: async (made) => {
        made.isUsed = true;
        if (!this.#dryRun) await this.#write(join(dirname(made.file), made.name), /** @type {Buffer} */ (made.bytes));
      },
      runtime: ({ base }) =>
        (this.#address ?? (base === null ? '../'.repeat(this.#below(file).split('/').length - 1) : this.#base)) +
        RUNTIME,
      warn,
    });
    if (!this.#dryRun) await this.#write(file, rewritten);
    return rewritten !== html;
  }

  /** @param {string} path decoded, of a URL */
  #find(path) {
    if (!path.startsWith(this.#base)) return null;
    const file = join(this.#folder, path.slice(this.#base.length));
    return file.startsWith(this.#folder + sep) ? file : null;
  }

  async #reportPictures() {
    const made = await this.#pictures.all();
    const reports = made.map(({ file, originalBytes, bytes, kept, failed, isUsed }) => ({
      file: this.#below(file),
      bytes: originalBytes,
      licBytes: isUsed && bytes ? bytes.length : null,
      kept: isUsed ? null : (kept ?? 'the other pictures of its srcset stay'),
      failed,
    }));
    return reports.sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  /**
   * Writes, below `out`, what stands in the place of a file of the folder.
   * @param {string} file @param {Uint8Array | string} contents
   */
  async #write(file, contents) {
    const target = join(this.#out, relative(this.#folder, file));
    const present = await readFile(target).catch(() => null);
    if (present?.equals(Buffer.from(contents))) return;
    await mkdir(dirname(target), { recursive: true });
    await writeWhole(target, contents);
  }

  /** @param {string} file */
  async #copy(file) {
    const target = join(this.#out, relative(this.#folder, file));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }

  /**
   * All files of a folder. Links to files count, links to folders do not.
   * @param {string} folder
   * @returns {Promise<string[]>}
   */
  async #list(folder) {
    const entries = await readdir(folder, { withFileTypes: true });
    const lists = await Promise.all(
      entries.map(async (entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return path === this.#out || LEFT_OUT.includes(entry.name) ? [] : this.#list(path);
        return entry.isFile() || (await stat(path).catch(() => null))?.isFile() ? [path] : [];
      }),
    );
    return lists.flat();
  }

  /** The path of a file below the folder, with slashes. @param {string} file */
  #below(file) {
    return relative(this.#folder, file).split(sep).join('/');
  }
}

/** Whether the base of a site names a server. @param {string} base */
export const isAddress = (base) => /^([a-z][a-z\d+.-]*:)?\/\//i.test(base);

/** @template T @param {T[]} items @param {(item: T) => Promise<unknown>} work so many at a time */
async function each(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: OPEN_FILES }, worker));
}

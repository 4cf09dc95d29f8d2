// `lic-codec/vite`: does in Vite what lic-static does, when a site is built and while it is developed.
//
//   build   pages are written ──> convertSite() in their folder
//   serve   a page is asked for ──> rewritePage() ──> its .lic files and the runtime come from memory
//   both    import url from './photo.jpg?lic'

import { existsSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';

import { Encoder } from './encoder.js';
import { Pictures } from './pictures.js';
import { rewritePage } from './rewrite.js';
import { readRuntime } from './runtime.js';
import { convertSite, isAddress } from './site.js';

/** @typedef {import('vite').ResolvedConfig} Config */

const IMPORT = /\.(png|jpe?g)\?lic$/i;
const SERVED = '@lic';

/** @type {Record<string, string>} */
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.lic': 'image/x-lic' };

/**
 * @param {import('./static.js').PictureOptions} [options]
 * @returns {import('vite').Plugin}
 */
export function licImages(options = {}) {
  /** @type {Project} */
  let project;
  return {
    name: 'lic-images',
    enforce: 'pre',
    configResolved(config) {
      project = new Project(options, config);
    },
    async load(id) {
      if (!IMPORT.test(id)) return;
      const file = id.slice(0, -'?lic'.length);
      this.addWatchFile(file);
      const { bytes, name, kept } = await project.encode(file);
      if (!bytes) return this.error(`${file} has no .lic file: ${kept}`);
      if (kept) this.warn(`${file} gains nothing: ${kept}`);
      if (!project.isBuilt) return `export default ${JSON.stringify(project.serve(name, bytes))};`;
      return `export default import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name, source: bytes })};`;
    },
    configureServer(server) {
      server.watcher.on('change', async (file) => {
        if (await project.forget(file)) server.ws.send({ type: 'full-reload' });
      });
      server.middlewares.use((request, response, next) => project.answer(request, response, next));
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html, { path, server }) => (server ? project.rewrite(html, path) : undefined),
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler({ dir }, bundle) {
        const hasPage = Object.keys(bundle).some((name) => name.endsWith('.html'));
        if (project.isBuilt && dir && hasPage) await project.convert(dir);
      },
    },
  };
}

/** A project of Vite: what the plugin knows of it while it is built or served. */
class Project {
  #options;
  #config;
  /** @type {Promise<Pictures> | null} */
  #pictures = null;
  /** What the development server answers with, by decoded path. @type {Map<string, Uint8Array>} */
  #served = new Map();

  /** @param {import('./static.js').PictureOptions} options @param {Config} config */
  constructor(options, config) {
    this.#options = options;
    this.#config = config;
  }

  /** Whether the project is built, and not served. */
  get isBuilt() {
    return this.#config.command === 'build';
  }

  /** @param {string} file */
  async encode(file) {
    return (await this.#open()).get(file);
  }

  /**
   * Serves the file of a picture that a script imports.
   * @param {string} name @param {Uint8Array} bytes
   * @returns {string} its URL
   */
  serve(name, bytes) {
    const path = `${this.#config.base}${SERVED}/${name}`;
    this.#served.set(path, bytes);
    return encodeURI(path);
  }

  /** Forgets a picture that has changed. @param {string} file @returns {Promise<boolean>} whether pages may show it */
  async forget(file) {
    const pictures = await this.#pictures?.catch(() => null);
    return pictures?.forget(resolve(file)) ?? false;
  }

  /** @type {import('vite').Connect.NextHandleFunction} */
  answer(request, response, next) {
    const path = decode(request.originalUrl ?? '/');
    const bytes = path === null ? undefined : this.#served.get(path);
    if (path === null || bytes === undefined) return next();
    response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    response.setHeader('Cache-Control', 'no-cache');
    response.end(bytes);
  }

  /**
   * Rewrites a page that is asked for.
   * @param {string} html @param {string} path of the page
   * @returns {Promise<string | undefined>}
   */
  async rewrite(html, path) {
    if (!/<img\b/i.test(html)) return;
    const { base, logger } = this.#config;
    const runtime = `${base}${SERVED}`;
    const rewritten = await rewritePage(html, {
      path: base + path.slice(1),
      pictures: await this.#open(),
      find: (url) => findSource(this.#config, url),
      use: ({ bytes }, url) => void this.#served.set(url, /** @type {Buffer} */ (bytes)),
      runtime: () => runtime,
      warn: (message) => logger.warn(`${path}: ${message}`),
    });
    if (rewritten === html) return html;
    for (const { name, bytes } of await readRuntime()) this.#served.set(`${runtime}/${name}`, bytes);
    return rewritten;
  }

  /** Converts the site that has been built. @param {string} folder */
  async convert(folder) {
    const { base, logger } = this.#config;
    const isFixed = base.startsWith('/') || isAddress(base); // others are relative to each page
    const report = await convertSite({ ...this.#options, folder, base: isFixed ? base : '/' });
    for (const warning of report.warnings) logger.warn(warning);
    for (const { file, kept, failed } of report.pictures) if (failed) logger.error(`${file}: ${kept}`);
    const replaced = report.pictures.filter(({ licBytes }) => licBytes !== null);
    logger.info(`lic: ${report.pages.rewritten} pages, ${replaced.length} pictures`);
  }

  /** Opens the encoder when the first picture is there: a project without one needs no encoder. */
  #open() {
    this.#pictures ??= Encoder.open(this.#options).then((encoder) => new Pictures(encoder, this.#options));
    this.#pictures.catch(() => (this.#pictures = null));
    return this.#pictures;
  }
}

/** The file that the development server shows at a path. @param {Config} config @param {string} path decoded */
function findSource({ base, publicDir, root }, path) {
  const below = path.startsWith(base) ? path.slice(base.length) : path.slice(1);
  for (const folder of [publicDir, root]) {
    if (!folder) continue;
    const file = resolve(join(folder, below));
    if (file.startsWith(resolve(folder) + sep) && existsSync(file)) return file;
  }
  return null;
}

/** @param {string} url */
function decode(url) {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, ''));
  } catch {
    return null;
  }
}

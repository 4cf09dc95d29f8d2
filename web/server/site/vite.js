// `lic-codec/vite`: what lic-static does, in Vite: when a site is built, and while it is developed.
//
//   build   pages are written ──> convertSite() in the folder that they were written to
//   serve   a page is asked for ──> rewritePage() ──> its .lic files and the runtime come from memory
//   both    import url from './photo.jpg?lic'

import { existsSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';

import { Encoder } from './encoder.js';
import { Pictures } from './pictures.js';
import { rewritePage } from './rewrite.js';
import { readRuntime } from './runtime.js';
import { convertSite } from './site.js';

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
  /** @type {Config} */
  let config;
  /** @type {Promise<Pictures> | null} */
  let pictures = null;
  /** @type {Map<string, Uint8Array>} what the development server answers with, by decoded path */
  const served = new Map();
  // Not before a picture is there: a project without one needs no encoder.
  const open = () => {
    pictures ??= Encoder.open(options).then((encoder) => new Pictures(encoder, options));
    pictures.catch(() => (pictures = null));
    return pictures;
  };

  return {
    name: 'lic-images',
    enforce: 'pre',
    configResolved(resolved) {
      config = resolved;
    },
    async load(id) {
      if (!IMPORT.test(id)) return;
      const file = id.slice(0, -'?lic'.length);
      this.addWatchFile(file);
      const { bytes, name, kept } = await (await open()).get(file);
      if (!bytes) return this.error(`${file} has no .lic file: ${kept}`);
      if (kept) this.warn(`${file} gains nothing: ${kept}`);
      if (config.command === 'build') {
        return `export default import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name, source: bytes })};`;
      }
      const path = `${config.base}${SERVED}/${name}`;
      served.set(path, bytes);
      return `export default ${JSON.stringify(encodeURI(path))};`;
    },
    configureServer(server) {
      server.watcher.on('change', async (file) => {
        if ((await pictures?.catch(() => null))?.forget(resolve(file))) server.ws.send({ type: 'full-reload' });
      });
      server.middlewares.use((request, response, next) => {
        const path = decode(request.originalUrl ?? '/');
        const bytes = path === null ? undefined : served.get(path);
        if (path === null || bytes === undefined) return next();
        response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
        response.setHeader('Cache-Control', 'no-cache');
        response.end(bytes);
      });
    },
    transformIndexHtml: {
      order: 'post',
      async handler(html, { path, server }) {
        if (!server || !/<img\b/i.test(html)) return;
        const runtime = `${config.base}${SERVED}`;
        const rewritten = await rewritePage(html, {
          path: config.base + path.slice(1),
          pictures: await open(),
          find: (url) => findSource(config, url),
          use: ({ bytes }, url) => void served.set(url, /** @type {Buffer} */ (bytes)),
          runtime: () => runtime,
          warn: (message) => config.logger.warn(`${path}: ${message}`),
        });
        if (rewritten !== html)
          for (const { name, bytes } of await readRuntime()) served.set(`${runtime}/${name}`, bytes);
        return rewritten;
      },
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler({ dir }, bundle) {
        if (config.command !== 'build' || !dir) return;
        if (!Object.keys(bundle).some((name) => name.endsWith('.html'))) return;
        const report = await convertSite({
          ...options,
          folder: dir,
          base: config.base.startsWith('/') ? config.base : '/',
        });
        for (const warning of report.warnings) config.logger.warn(warning);
        for (const { file, kept, failed } of report.pictures) if (failed) config.logger.error(`${file}: ${kept}`);
        config.logger.info(
          `lic: ${report.pages.rewritten} pages, ${report.pictures.filter(({ licBytes }) => licBytes !== null).length} pictures`,
        );
      },
    },
  };
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

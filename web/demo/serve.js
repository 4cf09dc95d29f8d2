// `npm run demo:serve [-- --port 8080]`: serves the demo page from a checkout, under a strict Content-Security-Policy.
//
// Nothing in the decoder needs eval, blob: workers or cross-origin isolation; the policy on every response proves it.

import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const FOLDERS = ['web/demo', 'dist', 'models', 'samples', 'demo-out'];

export const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** @type {Record<string, string>} */
const TYPES = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.lic': 'image/x-lic',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const COMPRESSED = ['.css', '.html', '.js', '.json', '.svg', '.wasm'];
/** @type {Map<string, {mtimeMs: number, bytes: Buffer}>} by path */
const compressed = new Map();

/**
 * @param {object} [options]
 * @param {number} [options.port] 0 for any free one
 * @param {string} [options.csp]
 * @param {Record<string, string>} [options.headers] further ones for every response
 * @param {string} [options.cacheControl]
 * @param {boolean} [options.compress] as servers of published pages do
 * @param {(path: string, bytes: number) => void} [options.served] is told of each file, and how many bytes it took
 * @param {string[]} [options.folders] the folders of `root` that are served
 * @param {string} [options.root]
 * @returns {Promise<{url: string, close: () => void}>}
 */
export function serve({
  port = 0,
  csp = CSP,
  headers = {},
  cacheControl = 'no-cache',
  compress = false,
  served,
  folders = FOLDERS,
  root = ROOT,
} = {}) {
  const server = createServer((request, response) => {
    const path = readPath(request.url ?? '/');
    if (path === null) return void response.writeHead(400).end('the URL is malformed');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader('Content-Security-Policy', csp);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', cacheControl);
    if (path === '/') return void response.writeHead(302, { Location: '/web/demo/' }).end();
    if (path === '/samples.json') return void response.end(JSON.stringify(listSamples(root)));
    const file = resolve(join(root, path.endsWith('/') ? `${path}index.html` : path));
    const isServed = folders.some((folder) => file.startsWith(join(root, folder) + sep));
    if (!isServed || !existsSync(file) || !statSync(file).isFile())
      return void response.writeHead(404).end('not found');
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    const mayCompress =
      compress && COMPRESSED.includes(extname(file)) && /\bbr\b/.test(String(request.headers['accept-encoding']));
    const packed = mayCompress ? readCompressed(file) : null;
    const length = packed ? packed.length : statSync(file).size;
    response.setHeader('Content-Length', length);
    response.on('finish', () => served?.(path, length));
    if (!packed) return void createReadStream(file).pipe(response);
    response.writeHead(200, { 'Content-Encoding': 'br', Vary: 'Accept-Encoding' }).end(packed);
  });
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const listening = typeof address === 'object' && address ? address.port : port;
      done({
        url: `http://127.0.0.1:${listening}/`,
        close() {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

/** @param {string} url of a request */
function readPath(url) {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
}

/** @param {string} file */
function readCompressed(file) {
  const { mtimeMs } = statSync(file);
  const known = compressed.get(file);
  if (known?.mtimeMs === mtimeMs) return known.bytes;
  const bytes = brotliCompressSync(readFileSync(file));
  compressed.set(file, { mtimeMs, bytes });
  return bytes;
}

/** @param {string} root */
function listSamples(root) {
  const folder = join(root, 'samples');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.lic'))
    .sort();
  return names.map((file) => ({ file, bytes: statSync(join(folder, file)).size }));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
  if (!existsSync(join(ROOT, 'dist/index.js'))) {
    console.error('there is no dist/: run npm run build first');
    process.exit(1);
  }
  const { url } = await serve({ port: Number(values.port), compress: true });
  console.log(`the demo page is at ${url}`);
}

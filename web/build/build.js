// `npm run build`: makes dist/ of web/, of the WebAssembly build and of the models.
//
//   web/*.js ─────────────────────────────┐
//   models/*.dec.licm ──> ids ──> places ─┴──> esbuild ──> dist/*.js
//   build/wasm/wasm/lic.wasm ──────────────────────────────> dist/lic.wasm
//   build/wasm/wasm/lic-overfitted.wasm ───────────────────> dist/lic-overfitted.wasm
//   build/wasm-relaxed/wasm/lic.wasm ──────────────────────> dist/lic-relaxed.wasm
//   lic.wasm, the default model ──> base64 ────────────────> dist/embedded-*.js
//   web/*.d.ts ────────────────────────────────────────────> dist/
//   web/element/ ──> manifest.js ──────────────────────────> dist/custom-elements.json
//   web/server/ ──> build-server.js ──────────────────────> dist/server/
//
// The entries share their code in chunk files, so that configure() of one entry holds for the others. References of the
// form `new URL('./file', import.meta.url)` are left as they are: bundlers follow them.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { parseArgs } from 'node:util';

import esbuild from 'esbuild';

import { buildServer } from './build-server.js';
import { makeManifest } from './manifest.js';
import { readModelIds } from './model-id.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const WEB = join(ROOT, 'web');
const DIST = join(ROOT, 'dist');
// What lic-codec/inline carries.
const DEFAULT_MODEL = 'lic-photo.dec.licm';
const ENTRIES = [
  'index.js',
  'node.js',
  'workerd.js',
  'worker.js',
  'node-worker.js',
  'inline.js',
  'node-inline.js',
  'workerd-inline.js',
  'element.js',
  'define.js',
  'server/service-worker/service-worker.js',
];
const TYPES = ['index.d.ts', 'inline.d.ts', 'element.d.ts', 'define.d.ts', 'server/service-worker/service-worker.d.ts'];

const { values: options } = parseArgs({
  options: { builds: { type: 'string', default: join(ROOT, 'build') } },
});
/** By their names in dist/. */
const modules = {
  'lic.wasm': join(options.builds, 'wasm/wasm/lic.wasm'),
  'lic-overfitted.wasm': join(options.builds, 'wasm/wasm/lic-overfitted.wasm'),
  'lic-relaxed.wasm': join(options.builds, 'wasm-relaxed/wasm/lic.wasm'),
};
for (const [name, path] of Object.entries(modules)) {
  if (existsSync(path)) continue;
  console.error(`${path}, for ${name}, is not there: build it first, scripts/build.sh wasm`);
  process.exit(1);
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
await esbuild.build({
  entryPoints: ENTRIES.map((name) => ({ in: join(WEB, name), out: basename(name, '.js') })),
  outdir: DIST,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  minify: true,
  external: ['node:*', '*.wasm', './embedded-*.js'],
  plugins: [{ name: 'lic', setup: resolveBuilt }],
  logLevel: 'warning',
});
for (const [name, path] of Object.entries(modules)) copyFileSync(path, join(DIST, name));
embed('embedded-wasm.js', toBase64(modules['lic.wasm']));
const embedded = listModels().filter(({ name }) => name === DEFAULT_MODEL);
if (!embedded.length) throw new Error(`models/${DEFAULT_MODEL} is not there`);
embed('embedded-models.js', Object.fromEntries(embedded.map(({ id, path }) => [id, toBase64(path)])));
for (const name of TYPES) copyFileSync(join(WEB, name), join(DIST, basename(name)));
writeFileSync(join(DIST, 'custom-elements.json'), JSON.stringify(makeManifest(), null, 2));
await buildServer(DIST);
report();

/**
 * Makes common/places.js, which is no file of web/: it says where wasm and models lie.
 * @param {esbuild.PluginBuild} build
 */
function resolveBuilt(build) {
  build.onResolve({ filter: /\/places\.js$/ }, () => ({ path: 'places.js', namespace: 'lic' }));
  build.onLoad({ filter: /./, namespace: 'lic' }, () => ({ contents: places() }));
}

function listModels() {
  const names = readdirSync(join(ROOT, 'models')).filter((name) => name.endsWith('.dec.licm'));
  return names.map((name) => {
    const path = join(ROOT, 'models', name);
    return { name, path, id: readModelIds(readFileSync(path)).id };
  });
}

function places() {
  const entries = listModels().map(({ name, id }) => `'${id}': () => new URL('../models/${name}', import.meta.url)`);
  return `
    export const wasm = {
      simd: () => new URL('./lic.wasm', import.meta.url),
      relaxed: () => new URL('./lic-relaxed.wasm', import.meta.url),
      overfitted: () => new URL('./lic-overfitted.wasm', import.meta.url),
    };
    export const models = { ${entries.join(', ')} };`;
}

/** @param {string} path */
function toBase64(path) {
  return readFileSync(path).toString('base64');
}

/** @param {string} name @param {unknown} value */
function embed(name, value) {
  writeFileSync(join(DIST, name), `export default ${JSON.stringify(value)};\n`);
}

function report() {
  for (const name of readdirSync(DIST).filter((name) => /\.(js|wasm)$/.test(name))) {
    const compressed = brotliCompressSync(readFileSync(join(DIST, name))).length;
    const [bytes, brotli] = [statSync(join(DIST, name)).size, compressed].map((size) => String(size).padStart(8));
    console.log(`${name.padEnd(24)} ${bytes} bytes ${brotli} brotli`);
  }
}

// `npm run build`: makes dist/ of web/, of the WebAssembly build and of the models.
//
//   web/*.js ─────────────────────────────┐
//   build/wasm/wasm/lic.js ───────────────┼──> esbuild ──> dist/*.js
//   models/*.dec.licm ──> ids ──> places ─┘
//   build/wasm/wasm/lic.wasm, web/*.d.ts ─────────────────> dist/
//   web/server/ ──> its own build.js ─────────────────────> dist/server/
//
// The entries share their code in chunk files, so that configure() of one entry holds for the others. References of the form
// `new URL('./file', import.meta.url)` are left as they are: bundlers follow them.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { parseArgs } from 'node:util';

import esbuild from 'esbuild';

import { readModelIds } from './model-id.js';
import { buildServer } from './server/build.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const WEB = join(ROOT, 'web');
const DIST = join(ROOT, 'dist');
const ENTRIES = ['index.js', 'node.js', 'workerd.js', 'worker.js', 'element.js', 'define.js', 'server/service-worker.js'];
const TYPES = ['index.d.ts', 'element.d.ts', 'define.d.ts', 'server/service-worker.d.ts'];

const { values: options } = parseArgs({
  options: { wasm: { type: 'string', default: join(ROOT, 'build/wasm/wasm') } },
});
const wasmFolder = resolve(options.wasm);
if (!existsSync(join(wasmFolder, 'lic.wasm'))) {
  console.error(`${wasmFolder} holds no lic.wasm: build it first, cmake --workflow --preset wasm`);
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
  external: ['node:*', '*.wasm'],
  plugins: [{ name: 'lic', setup: resolveBuilt }],
  logLevel: 'warning',
});
copyFileSync(join(wasmFolder, 'lic.wasm'), join(DIST, 'lic.wasm'));
for (const name of TYPES) copyFileSync(join(WEB, name), join(DIST, basename(name)));
await buildServer(DIST);
report();

/**
 * The two imports of web/ that are not files there: Emscripten's glue, and where wasm and models lie.
 * @param {esbuild.PluginBuild} build
 */
function resolveBuilt(build) {
  build.onResolve({ filter: /^\.\/lic\.js$/ }, () => ({ path: join(wasmFolder, 'lic.js') }));
  build.onLoad({ filter: /\/lic\.js$/ }, async ({ path }) => {
    const { code } = await esbuild.transform(readFileSync(path), { minify: true });
    return { contents: code };
  });
  build.onResolve({ filter: /^\.\.?\/places\.js$/ }, () => ({ path: 'places.js', namespace: 'lic' }));
  build.onLoad({ filter: /./, namespace: 'lic' }, () => ({ contents: places() }));
}

function places() {
  const models = readdirSync(join(ROOT, 'models')).filter((name) => name.endsWith('.dec.licm'));
  const entries = models.map((name) => {
    const { id } = readModelIds(readFileSync(join(ROOT, 'models', name)));
    return `'${id}': () => new URL('../models/${name}', import.meta.url)`;
  });
  return `
    export const wasm = () => new URL('./lic.wasm', import.meta.url);
    export const models = { ${entries.join(', ')} };`;
}

function report() {
  for (const name of readdirSync(DIST).filter((name) => /\.(js|wasm)$/.test(name))) {
    const compressed = brotliCompressSync(readFileSync(join(DIST, name))).length;
    console.log(`${name.padEnd(24)} ${String(statSync(join(DIST, name)).size).padStart(8)} bytes ${String(compressed).padStart(8)} brotli`);
  }
}

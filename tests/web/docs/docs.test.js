// The snippets of the documents that are for Node.js, run as they stand there by an application with the package
// installed; and the versions of browsers that docs/runtimes.md names, held against MDN's compatibility data.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import esbuild from 'esbuild';
import sharp from 'sharp';

import { hashSymbols, info } from 'lic-codec';

import { makeApplication } from '../build/installed.js';
import { readRoot, rootPath } from '../support/vectors.js';
import { Snippets } from './snippets.js';

const [WIDTH, HEIGHT] = [600, 400];

let folder;

before(() => {
  ({ folder } = makeApplication());
  for (const name of ['photo.lic', 'other.lic']) copyFileSync(rootPath('samples/coffee.lic'), join(folder, name));
  mkdirSync(join(folder, 'assets'));
  for (const name of ['dist/lic.wasm', 'models/lic-photo.dec.licm'])
    copyFileSync(rootPath(name), join(folder, 'assets', name.replace(/.*\//, '')));
  symlinkSync(rootPath('node_modules/sharp'), join(folder, 'node_modules/sharp'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a snippet as a script of the application; what it prints. */
function run(text, name = 'snippet.js') {
  writeFileSync(join(folder, name), text);
  return execFileSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' }).trim();
}

const decoding = new Snippets('docs/decode.md');
for (const mark of ['credentials', 'input[type=file]', 'onInfo', 'decodeToBitmap', "wasm: '/assets"])
  decoding.take(mark); // run by tests/browser/docs/docs.test.js

test('decode.md: the first example', async () => {
  const { modelId } = await info(readRoot('samples/coffee.lic'));
  assert.match(
    run(decoding.take("await info('photo.lic');\nconsole")),
    new RegExp(`^600 x 400, quality [\\d.]+, model ${modelId}\\n600 400 ${WIDTH * HEIGHT * 4} srgb$`),
  );
});

test('decode.md: a region, and stopping', () => {
  assert.equal(run(decoding.take('controller.abort')), '64 48\nstopped');
});

test('decode.md: to another format', async () => {
  run(decoding.take('sharp'));
  const { width, height, format } = await sharp(join(folder, 'photo.png')).metadata();
  assert.deepEqual([width, height, format], [WIDTH, HEIGHT, 'png']);
});

test('decode.md: settings', () => {
  assert.equal(run(decoding.take('readFile')), '600');
});

test('decode.md: a decoder of its own', () => {
  assert.match(run(decoding.take('createDecoder')), /^600 x 400, 600 x 400 [12]$/);
});

test('decode.md: stats', () => {
  assert.match(run(decoding.take('stats()')), /^1 done, \d+ ms, \d+ MiB$/);
});

test('decode.md: the hash of the symbols', async () => {
  assert.equal(run(decoding.take('hashSymbols')), await hashSymbols(readRoot('samples/coffee.lic')));
});

test('decode.md: errors', () => {
  assert.match(run(decoding.take('LicError')), /^io_error /);
  decoding.end();
});

const runtimes = new Snippets('docs/runtimes.md');

test('runtimes.md: worker threads, and require()', (context) => {
  assert.equal(run(runtimes.take('workers: 2')), '2');
  const required = runtimes.take('require(');
  if (!process.features.require_module) return context.skip('this Node.js loads no ES modules by require()');
  assert.equal(run(required, 'snippet.cjs'), '600 400');
});

test('runtimes.md: where the runtime makes modules of .wasm files', async () => {
  for (const name of ['lic.wasm', 'lic-photo.dec.licm']) copyFileSync(join(folder, 'assets', name), join(folder, name));
  writeFileSync(join(folder, 'edge.js'), runtimes.take('Response.json'));
  const read = (path) => `readFileSync(${JSON.stringify(path)})`;
  const imports = {
    name: 'imports',
    setup(build) {
      build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
        contents: `import { readFileSync } from 'node:fs'; export default new WebAssembly.Module(${read(path)});`,
      }));
      build.onLoad({ filter: /\.licm$/ }, ({ path }) => ({
        contents: `import { readFileSync } from 'node:fs'; export default new Uint8Array(${read(path)}).buffer;`,
      }));
    },
  };
  const outfile = join(folder, 'edge.mjs');
  await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['edge.js'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:fs'],
    plugins: [imports],
    logLevel: 'error',
  });
  const { default: worker } = await import(outfile);
  const answer = await worker.fetch(
    new Request('http://edge.example/', { method: 'POST', body: readRoot('samples/coffee.lic') }),
  );
  assert.deepEqual(await answer.json(), { width: WIDTH, height: HEIGHT });
  runtimes.end();
});

/** By the first column of the tables: where MDN has the feature. */
const FEATURES = {
  'WebAssembly with SIMD': 'webassembly/fixed-width-SIMD',
  "`AbortSignal`'s `throwIfAborted()`": 'api/AbortSignal/throwIfAborted',
  'private methods of classes': 'javascript/classes/private_class_methods',
  OffscreenCanvas: 'api/OffscreenCanvas/getContext',
  TransformStream: 'api/TransformStream',
  'style sheets made by scripts': 'api/CSSStyleSheet/CSSStyleSheet',
  ElementInternals: 'api/ElementInternals',
  'module workers': 'api/Worker/Worker/ecmascript_modules',
  'relaxed SIMD': 'webassembly/relaxed-SIMD',
  'canvases of Display P3': 'api/HTMLCanvasElement/getContext/2d_context/options_colorSpace_parameter',
  '`:state()`': 'css/selectors/state',
  "`'wasm-unsafe-eval'` in policies": 'http/headers/Content-Security-Policy/script-src/wasm-unsafe-eval',
  'modules in service workers': 'api/ServiceWorker/ecmascript_modules',
};
const DECODE = ['WebAssembly with SIMD', "`AbortSignal`'s `throwIfAborted()`", 'private methods of classes'];
const ELEMENT = [...DECODE, 'OffscreenCanvas', 'TransformStream', 'style sheets made by scripts', 'ElementInternals'];
const rowsOf = (page) =>
  page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

/** First version without flags that has all of a feature; 'no': none has. */
function firstVersion(support) {
  const whole = [support]
    .flat()
    .filter(({ flags, partial_implementation: isPart, version_removed: removed }) => !flags && !isPart && !removed);
  return whole[0]?.version_added || 'no';
}

test('runtimes.md: the versions of browsers are those of the compatibility data', () => {
  const data = JSON.parse(readRoot('node_modules/@mdn/browser-compat-data/data.json'));
  const rows = rowsOf(readRoot('docs/runtimes.md').toString());
  const versions = {};
  for (const [feature, path] of Object.entries(FEATURES)) {
    const { support } = path.split('/').reduce((at, key) => at[key], data).__compat;
    versions[feature] = ['chrome', 'firefox', 'safari'].map((browser) => firstVersion(support[browser]));
    assert.equal(
      Number(firstVersion(support.edge)) <= Math.max(79, Number(versions[feature][0])),
      true,
      `${feature}: Edge is later than Chrome`,
    );
    assert.deepEqual(rows.find(([name]) => name === feature)?.slice(1, 4), versions[feature], feature);
  }
  for (const [i, browser] of ['Chrome', 'Firefox', 'Safari'].entries()) {
    const row = rows.find(([name]) => name.startsWith(browser) && !(name in FEATURES));
    const most = (features) => String(Math.max(...features.map((feature) => Number(versions[feature][i]))));
    assert.deepEqual(row.slice(1, 3), [most(DECODE), most(ELEMENT)], browser);
  }
});

test('troubleshooting.md: it has every code that the package reports, and no other', () => {
  const types = readRoot('web/index.d.ts').toString();
  const codes = [...types.match(/type LicErrorCode =(.*?);/s)[1].matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const rows = rowsOf(readRoot('docs/troubleshooting.md').toString());
  const named = rows.flatMap(([cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code));
  assert.deepEqual(named.sort(), codes.sort());
});

const manual = new Snippets('web/README.md');
// run by tests/browser/docs/docs.test.js, tests/browser/decoder/one-file.test.js, workerd.test.js
for (const mark of [
  'onProgress',
  "wasm: '/assets",
  'modulepreload',
  '<lic-img',
  /^import .* from 'lic-codec\/inline';\n$/,
  'configure(embedded)',
  'fetch(request)',
  'import model',
])
  manual.take(mark);

test('web/README.md: the first example', () => {
  assert.equal(
    run(
      `${manual.take("await info('photo.lic')")}
      console.log(picture.width, width, height, typeof quality, modelId.length);`,
    ),
    '600 600 400 number 16',
  );
  manual.end();
});

test('README.md: the functions', () => {
  const snippet = new Snippets('README.md', 'js').take("from 'lic-codec'");
  assert.equal(run(`${snippet}\nconsole.log(picture.width, width, height, typeof quality);`), '600 600 400 number');
});

// The package as users get it: packed, installed, imported, typed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { brotliCompressSync } from 'node:zlib';

import { rootPath } from '../support/vectors.js';
import { makeApplication } from './installed.js';

const RUNTIME_BROTLI_BYTES = 250_000;
const PACKAGE_BYTES = 1_000_000;
const CODE_BROTLI_BYTES = 25_000;
const OVERFITTED_BROTLI_BYTES = 20_000; // without base sets, each of which may take
const BASE_SET_BROTLI_BYTES = 850;
const OVERFITTED_PAGE_BROTLI_BYTES = 45_000;
const INLINE_BROTLI_BYTES = 1_000_000;

const root = rootPath('.');
const tool = (name) => join(root, 'node_modules/.bin', name);
const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

let folder;
let installed;

before(() => {
  ({ folder, installed } = makeApplication());
});

after(() => rmSync(folder, { recursive: true, force: true }));

const listFiles = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** The code of all platforms. */
const listCode = () =>
  listFiles(join(installed, 'dist')).filter((name) => name.endsWith('.js') && !name.includes('/dist/server/'));

/** Files of dist/ and all code that they refer to. */
function reach(...names) {
  const found = new Set(names.map((name) => join(installed, 'dist', name)));
  for (const file of found) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/["']\.\/([\w-]+\.js)["']/g))
      found.add(join(installed, 'dist', name));
  }
  return [...found];
}

const PUBLISHED = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^dist\/(server\/)?[\w-]+\.(js|wasm|d\.ts)$/,
  /^dist\/(custom-elements\.json|server\/THIRD-PARTY\.txt)$/,
  /^models\/[a-z0-9-]+\.dec\.licm$/,
];

test('the package holds dist, the released decoder models and nothing else', () => {
  const names = listFiles(installed).map((name) => name.slice(installed.length + 1));
  for (const name of names) {
    assert.ok(
      PUBLISHED.some((place) => place.test(name)),
      name,
    );
  }
  assert.ok(names.includes('dist/lic.wasm'));
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  assert.equal(dependencies, undefined);
});

test('it decodes in Node without configuration of its wasm', () => {
  copyFileSync(rootPath('tests/vectors/tiny-33x31.lic'), join(folder, 'picture.lic'));
  copyFileSync(rootPath('tests/models/tiny.dec.licm'), join(folder, 'tiny.licm'));
  const script = `
    import { configure, decode, info } from 'lic-codec';
    configure({ models: new URL('./tiny.licm', import.meta.url) });
    const { width, height } = await info('picture.lic');
    const picture = await decode(new URL('./picture.lic', import.meta.url));
    console.log(JSON.stringify([width, height, picture.data.length]));`;
  writeFileSync(join(folder, 'decode.js'), script);
  assert.deepEqual(JSON.parse(run(process.execPath, ['decode.js'], folder)), [33, 31, 33 * 31 * 4]);
});

test('its server works without the optional packages, and names those that an option needs', () => {
  const script = `
    import { createLicHandler } from 'lic-codec/server';
    import { createServer } from 'node:http';
    const messages = [];
    for (const options of [{ formats: ['webp'] }, { metrics: true }]) {
      await createLicHandler({ source: '.', ...options }).catch(({ message }) => messages.push(message));
    }
    const handler = await createLicHandler({ source: '.' });
    const server = createServer(handler.health).listen(0);
    await new Promise((resolve) => server.once('listening', resolve));
    const answer = await fetch('http://127.0.0.1:' + server.address().port);
    server.close();
    console.log(JSON.stringify([answer.status, ...messages]));`;
  writeFileSync(join(folder, 'serve.js'), script);
  const [status, ...messages] = JSON.parse(run(process.execPath, ['serve.js'], folder));
  assert.equal(status, 200);
  assert.match(messages[0], /formats needs the package sharp/);
  assert.match(messages[1], /metrics needs the package prom-client/);
});

test('its command is there', () => {
  assert.match(run(join(folder, 'node_modules/.bin/lic-static'), ['--help'], folder), /^Usage: lic-static/);
});

test('its model is found by the id that files carry', () => {
  const script = `
    import { createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    const file = readFileSync(fileURLToPath(import.meta.resolve('lic-codec/models/lic-photo.dec.licm')));
    const start = 8 + file.readUInt16LE(6) + 9;
    const entropy = file.subarray(start, start + file.readUInt32LE(start - 8));
    console.log(createHash('sha256').update(entropy).digest('hex').slice(0, 16));`;
  writeFileSync(join(folder, 'model.js'), script);
  const id = run(process.execPath, ['model.js'], folder).trim();
  assert.ok(
    listCode().some((name) => readFileSync(name, 'utf8').includes(id)),
    `${id} is in no file of dist/`,
  );
});

test('every entry is safe to import where there is no DOM', () => {
  const script = `
    await import('lic-codec');
    await import('lic-codec/inline');
    const { LicImgElement } = await import('lic-codec/element');
    await import('lic-codec/define');
    for (const name of ['index', 'inline']) await import('./node_modules/lic-codec/dist/' + name + '.js');
    for (const entry of ['server', 'service-worker', 'static', 'vite']) await import('lic-codec/' + entry);
    console.log(typeof LicImgElement);`;
  writeFileSync(join(folder, 'server.js'), script);
  assert.equal(run(process.execPath, ['server.js'], folder).trim(), 'function');
});

test('no code is made from text, and only the entries for node import from node', () => {
  for (const name of listCode())
    assert.doesNotMatch(readFileSync(name, 'utf8'), /\beval\s*\(|new Function\b|Function\s*\(\s*['"`]/, name);
  const others = reach(
    'index.js',
    'define.js',
    'element.js',
    'inline.js',
    'service-worker.js',
    'workerd.js',
    'workerd-inline.js',
  );
  assert.deepEqual(
    listCode().filter((name) => !others.includes(name) && !reach('node.js', 'node-inline.js').includes(name)),
    [],
  );
  for (const name of others) assert.doesNotMatch(readFileSync(name, 'utf8'), /['"]node:|require\(/, name);
});

test('types: a browser project and a Node project without DOM types', () => {
  const source = (picture) => `
    import { configure, createDecoder, decode, info, stats, LicError } from 'lic-codec';
    import { type Info, type LicErrorCode, type Progress } from 'lic-codec';
    import { decode as decodeInline, embedded } from 'lic-codec/inline';
    configure({ wasm: new Uint8Array(), models: { aa: new URL('https://example.org/a.licm') } });
    const header: Info = await info(new Uint8Array(40), { signal: AbortSignal.timeout(5) });
    const picture: ${picture} = await decode('a.lic', { maxPixels: 1e6, onInfo: ({ width }) => void width.toFixed() });
    try { await decode(new Blob([])); } catch (error) {
      if (error instanceof LicError) { const code: LicErrorCode = error.code; code satisfies string; }
    }
    const decoder = createDecoder({ workers: 1, wasm: { simd: 'a.wasm', relaxed: 'b.wasm' } });
    const region = { x: 0, y: 0, width: 1, height: 1 };
    const part: ${picture} = await decoder.decode('a.lic', { region, head: 'file', preview: ({ data }) => void data });
    await decode('a.lic', { onProgress: ({ rows, strip }: Progress) => void (strip?.image.width ?? rows).toFixed() });
    decoder.close();
    const milliseconds: number = stats().ms.entropy;
    // @ts-expect-error
    await decode(5);
    const same: typeof decode = decodeInline;
    configure(embedded);
    export { header, picture, part, milliseconds, same };`;
  const compile = (name, text, ...options) => {
    writeFileSync(join(folder, name), text);
    run(tool('tsc'), [name, '--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', ...options], folder);
  };
  const element = `
    import { LicImgElement } from 'lic-codec/element';
    import 'lic-codec/define';
    const image: LicImgElement = document.createElement('lic-img');
    await image.decode();`;
  compile('browser.ts', source('ImageData') + element, '--lib', 'es2022,dom', '--types', '');
  const server = `
    import { createServer } from 'node:http';
    import { createLicHandler, type LicHandler } from 'lic-codec/server';
    import { convertSite, type SiteReport } from 'lic-codec/static';
    const source = async (path: string) => new Uint8Array(path.length);
    const handler: LicHandler = await createLicHandler({ source, formats: ['webp'] });
    createServer((request, response) => {
      if (request.url === '/health') handler.health(request, response);
      else handler(request, response);
    });
    const { pictures }: SiteReport = await convertSite({ folder: 'a', quality: 40 });
    // @ts-expect-error
    await createLicHandler({ source: pictures.length });`;
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  compile(
    'node.ts',
    source("import('lic-codec').Picture") + server,
    '--lib',
    'es2022',
    '--typeRoots',
    join(root, 'node_modules/@types'),
    '--types',
    'node',
  );
});

test('sizes: code for pages 25 kB compressed, 45 kB for files with networks, the runtime 250 kB, all 1 MB', () => {
  const compressed = (name) => brotliCompressSync(readFileSync(name)).length;
  const add = (names) => names.reduce((sum, name) => sum + compressed(name), 0);
  const scripts = add(reach('index.js', 'define.js'));
  assert.ok(scripts <= CODE_BROTLI_BYTES, `the code has ${scripts} bytes`);
  const runtime = scripts + compressed(join(installed, 'dist/lic.wasm'));
  const model = statSync(join(installed, 'models/lic-photo.dec.licm')).size;
  assert.ok(runtime <= RUNTIME_BROTLI_BYTES, `the runtime has ${runtime} bytes`);
  assert.ok(runtime + model <= PACKAGE_BYTES, `runtime and model have ${runtime + model} bytes`);
  const small = compressed(join(installed, 'dist/lic-overfitted.wasm'));
  const sets = readdirSync(join(root, 'docs/base-sets')).length;
  const most = OVERFITTED_BROTLI_BYTES + sets * BASE_SET_BROTLI_BYTES;
  assert.ok(small <= most, `the decoder of files with networks has ${small} bytes, more than ${most}`);
  assert.ok(scripts + small <= OVERFITTED_PAGE_BROTLI_BYTES, `a page of these files loads ${scripts + small} bytes`);
  const whole = add(reach('inline.js'));
  assert.ok(whole <= INLINE_BROTLI_BYTES, `lic-codec/inline has ${whole} bytes`);
});

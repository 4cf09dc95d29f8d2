// The package in an application made by Vite (its development server, too) and by webpack, and in one without a bundler; and in one file,
// made by esbuild and by Rollup, which look for no files beside the code.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { rollup } from 'rollup';
import { createServer as createViteServer, build as viteBuild } from 'vite';
import webpack from 'webpack';

import { serve } from '../../web/demo/serve.js';
import { makeApplication } from '../web/installed.js';
import { checkPicture, listVectors, readVector, rootPath } from '../web/vectors.js';
import { skip, unpack, useBrowser } from './browser.js';

const APPLICATION = `
  import { configure, decode } from 'lic-codec';
  import 'lic-codec/define';
  configure({ models: '/tiny.licm' });
  const picture = await decode('/picture.lic');
  const image = document.createElement('lic-img');
  image.src = '/picture.lic';
  document.body.append(image);
  await image.decode();
  document.title = [picture.width, picture.height, image.naturalWidth].join(' ');
`;
const HTML = '<!doctype html><title>waiting</title><link rel="icon" href="/icon.svg"><script type="module" src="/main.js"></script>';

let folder;
const openPage = useBrowser();

// An application with the package installed as npm would.
before(() => {
  ({ folder } = makeApplication());
  mkdirSync(join(folder, 'public'));
  writeFileSync(join(folder, 'main.js'), APPLICATION);
  writeFileSync(join(folder, 'index.html'), HTML);
  cpSync(rootPath('tests/vectors/tiny-33x31.lic'), join(folder, 'public/picture.lic'));
  cpSync(rootPath('tests/models/tiny.dec.licm'), join(folder, 'public/tiny.licm'));
  cpSync(rootPath('web/demo/icon.svg'), join(folder, 'public/icon.svg'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Opens an application and waits for its result. */
async function checkPage(url) {
  const { page, problems } = await openPage();
  let workers = 0;
  page.on('worker', () => ++workers);
  await page.goto(url);
  await page.waitForFunction(() => document.title !== 'waiting', undefined, { timeout: 60_000 });
  assert.equal(await page.title(), '33 31 33');
  assert.ok(workers > 0, 'decoded without a worker');
  assert.deepEqual(problems, []);
}

/** The same for built files, under the strict policy. */
async function checkBuilt(root) {
  const { url, close } = await serve({ root, folders: ['.'] });
  await checkPage(`${url}index.html`);
  close();
}

const listAssets = (path) => readdirSync(path, { recursive: true }).filter((name) => /\.(wasm|licm)$/.test(name));

test('Vite, built', { skip }, async () => {
  const outDir = join(folder, 'vite');
  await viteBuild({ root: folder, configFile: false, logLevel: 'error', build: { outDir, target: 'es2022' } });
  assert.equal(listAssets(join(outDir, 'assets')).length, 3, 'wasm and model are assets with a hash in their names');
  await checkBuilt(outDir);
});

test('Vite, development server', { skip }, async () => {
  const server = await createViteServer({ root: folder, configFile: false, logLevel: 'error', server: { port: 0, hmr: false } });
  await server.listen();
  try {
    await checkPage(server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
});

test('webpack', { skip }, async () => {
  const path = join(folder, 'webpack');
  cpSync(join(folder, 'public'), path, { recursive: true });
  cpSync(join(folder, 'index.html'), join(path, 'index.html'));
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry: './main.js',
    output: { path, filename: 'main.js', publicPath: '/' },
    experiments: { topLevelAwait: true },
  });
  const stats = await new Promise((resolve, reject) => compiler.run((error, result) => (error ? reject(error) : resolve(result))));
  assert.deepEqual(stats.toJson().errors, []);
  await checkBuilt(path);
});

test('no bundler: the files as they are', { skip }, async () => {
  const path = join(folder, 'plain');
  cpSync(join(folder, 'public'), path, { recursive: true });
  cpSync(join(folder, 'node_modules/lic-codec'), join(path, 'lic-codec'), { recursive: true });
  const main = APPLICATION.replace("'lic-codec'", "'/lic-codec/dist/index.js'").replace("'lic-codec/define'", "'/lic-codec/dist/define.js'");
  writeFileSync(join(path, 'main.js'), main);
  writeFileSync(join(path, 'index.html'), HTML);
  await checkBuilt(path);
});

const VECTOR = listVectors().find(({ file }) => file === 'photo-grey.lic');
// With the picture itself in the code; and with an element, which fetches its picture.
const ONE_FILE = {
  decode: `
    import { decode } from 'lic-codec/inline';
    const { width, height, colorSpace, data } = await decode(Uint8Array.from(atob('${readVector(VECTOR.file).toString('base64')}'), (letter) => letter.charCodeAt(0)));
    globalThis.picture = { width, height, colorSpace: colorSpace ?? 'srgb', data }; // Firefox's ImageData have none
    document.title = [width, height].join(' ');`,
  element: `
    import { configure } from 'lic-codec';
    import { embedded } from 'lic-codec/inline';
    import 'lic-codec/define';
    configure(embedded);
    const image = document.createElement('lic-img');
    image.src = '/${VECTOR.file}';
    document.body.append(image);
    image.decode().then(() => (document.title = [image.naturalWidth, image.naturalHeight].join(' ')));`,
};

const BUNDLERS = {
  esbuild: (entry, file) => esbuild.build({ entryPoints: [entry], outfile: file, bundle: true, format: 'esm', minify: true, target: 'es2022', logLevel: 'error' }),
  Rollup: async (entry, file) => {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ file, format: 'es', inlineDynamicImports: true });
    await bundle.close();
  },
};

for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
  for (const [kind, code] of Object.entries(ONE_FILE)) {
    test(`${bundler}: ${kind} from one file, with every other request refused`, { skip }, async () => {
      const root = join(folder, `${bundler}-${kind}`);
      cpSync(join(folder, 'public'), root, { recursive: true });
      cpSync(join(folder, 'index.html'), join(root, 'index.html'));
      cpSync(rootPath(`tests/vectors/${VECTOR.file}`), join(root, VECTOR.file));
      const entry = join(folder, `${bundler}-${kind}.js`);
      writeFileSync(entry, code);
      await bundle(entry, join(root, 'main.js'));
      await checkOneFile(root, ['/icon.svg', '/index.html', '/main.js', ...(kind === 'element' ? [`/${VECTOR.file}`] : [])]);
    });
  }
}

/** Opens an application, lets these requests of it through (the policy lets none through to others), and looks at what it has decoded. */
async function checkOneFile(root, allowed) {
  const { url, close } = await serve({ root, folders: ['.'] });
  try {
    const { page, problems } = await openPage();
    const refused = [];
    await page.route(`${url}**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (allowed.includes(pathname)) return route.continue();
      refused.push(pathname);
      return route.abort();
    });
    await page.goto(`${url}index.html`);
    await page.waitForFunction(() => document.title !== 'waiting');
    assert.equal(await page.title(), `${VECTOR.width} ${VECTOR.height}`);
    const picture = await page.evaluate(() => globalThis.picture && { ...globalThis.picture, data: pack(globalThis.picture.data) });
    if (picture) checkPicture({ ...picture, data: unpack(picture.data) }, VECTOR);
    assert.deepEqual([refused, problems, page.workers().length], [[], [], 0]);
  } finally {
    close();
  }
}

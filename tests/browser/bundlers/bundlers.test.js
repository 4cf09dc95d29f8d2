// The recipes of docs/bundlers.md, run as they stand there: the package in an application of each bundler, and without
// one. What they make is opened under the policy of that page.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';

import sharp from 'sharp';
import { createServer as createViteServer, build as viteBuild } from 'vite';
import webpack from 'webpack';

import { serve } from '../../../web/demo/serve.js';
import { makeApplication } from '../../web/build/installed.js';
import { Snippets } from '../../web/docs/snippets.js';
import { rootPath } from '../../web/support/vectors.js';
import { skip, useBrowser } from '../support/browser.js';

const recipes = new Snippets('docs/bundlers.md', '(?:html|js|json|sh|http|jsx)');
const PAGE = recipes.take('src="main.js"');
const MAIN = recipes.take(/^import 'lic-codec\/define';\n$/);
const POLICY = recipes
  .take('Content-Security-Policy')
  .replace(/^[^:]*: /, '')
  .replace(/\s+/g, ' ') // the document folds the line
  .trim();
const RECIPES = {
  webpack: recipes.take('webpack.config.js'),
  rollup: [recipes.take('rollup.config.js'), recipes.take('rollup --config')],
  esbuild: recipes.take('esbuild main.js'),
  places: recipes.take('/static/lic.wasm'),
  parcel: [recipes.take('packageExports'), recipes.take('parcel build')],
  plain: recipes.take('modulepreload'),
  next: [recipes.take('// app/photo.jsx'), recipes.take('// app/page.jsx')],
};
recipes.take("from 'react'"); // frameworks-docs.test.js runs it
recipes.end();

let folder;
const openPage = useBrowser();

before(async () => {
  ({ folder } = makeApplication());
  writeFileSync(join(folder, 'main.js'), MAIN);
  writeFileSync(join(folder, 'index.html'), PAGE);
  mkdirSync(join(folder, 'public/photos'), { recursive: true });
  copyFileSync(rootPath('samples/coffee.lic'), join(folder, 'public/photos/harbour.lic'));
  await sharp({ create: { width: 300, height: 200, channels: 3, background: 'grey' } }).toFile(
    join(folder, 'public/photos/harbour.jpg'),
  );
  copyFileSync(rootPath('web/demo/icon.svg'), join(folder, 'public/favicon.ico'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the application, with further packages as npm would have installed them. */
function copyApplication(name, ...packages) {
  const path = `${folder}-${name}`;
  after(() => rmSync(path, { recursive: true, force: true }));
  cpSync(folder, path, { recursive: true });
  for (const other of packages) {
    mkdirSync(dirname(join(path, 'node_modules', other)), { recursive: true });
    symlinkSync(rootPath(`node_modules/${other}`), join(path, 'node_modules', other));
  }
  return path;
}

/** Runs the commands of a recipe in an application. */
async function runCommands(commands, cwd) {
  const env = {
    ...process.env,
    PATH: [rootPath('node_modules/.bin'), process.env.PATH].join(delimiter),
    NEXT_TELEMETRY_DISABLED: '1',
  };
  await promisify(execFile)('sh', ['-euc', commands], { cwd, env }).catch(({ stdout, stderr }) =>
    assert.fail(`${stdout}\n${stderr}`),
  );
}

/** Opens an application and waits for its picture. */
async function checkPage(url) {
  const { page, problems } = await openPage();
  const answers = [];
  let workers = 0;
  page.on('worker', () => ++workers);
  page.on('response', (response) => answers.push(`${response.status()} ${new URL(response.url()).pathname}`));
  await page.goto(url);
  const width = await page.evaluate(async () => {
    await customElements.whenDefined('lic-img');
    const image = document.querySelector('lic-img');
    await image.decode();
    return image.naturalWidth;
  });
  assert.equal(width, 600);
  assert.ok(workers > 0, 'decoded without a worker');
  assert.deepEqual(problems, []);
  return answers;
}

/** The same for built files, under the policy. */
async function checkBuilt(root, path = 'index.html', csp = POLICY) {
  cpSync(join(folder, 'public'), root, { recursive: true });
  const { url, close } = await serve({ root, folders: ['.'], csp });
  const answers = await checkPage(url + path).finally(close);
  assert.ok(
    ['.wasm', '.licm'].every((type) => answers.some((answer) => answer.startsWith('200') && answer.endsWith(type))),
    answers.join(),
  );
}

const listAssets = (path) => readdirSync(path, { recursive: true }).filter((name) => /\.(wasm|licm)$/.test(name));
const COMPLAINT = 'complaint 3: bundlers lose the wasm. Here it is found by what comes of';

test(`${COMPLAINT} Vite`, { skip }, async () => {
  const root = copyApplication('vite');
  const outDir = join(root, 'out');
  await viteBuild({ root, configFile: false, logLevel: 'error', build: { outDir } });
  const lic = join(root, 'node_modules/lic-codec');
  assert.equal(
    listAssets(join(outDir, 'assets')).length,
    [...listAssets(join(lic, 'dist')), ...listAssets(join(lic, 'models'))].length,
    'decoders and models are assets with a hash in their names',
  );
  await checkBuilt(outDir);
});

test(`${COMPLAINT} Vite's development server`, { skip }, async () => {
  const server = await createViteServer({
    root: copyApplication('vite-server'),
    configFile: false,
    logLevel: 'error',
    server: { port: 0, hmr: false },
  });
  await server.listen();
  try {
    await checkPage(server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
});

test(`${COMPLAINT} webpack`, { skip }, async () => {
  const context = copyApplication('webpack');
  writeFileSync(join(context, 'webpack.config.js'), RECIPES.webpack);
  const { default: config } = await import(join(context, 'webpack.config.js'));
  const compiler = webpack({ context, ...config });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  );
  assert.deepEqual(stats.toJson().errors, []);
  writeFileSync(join(context, 'out/index.html'), PAGE);
  await checkBuilt(join(context, 'out'));
});

test(`${COMPLAINT} Rollup`, { skip }, async () => {
  const root = copyApplication('rollup', '@rollup/plugin-node-resolve');
  writeFileSync(join(root, 'rollup.config.js'), RECIPES.rollup[0]);
  await runCommands(RECIPES.rollup[1], root);
  writeFileSync(join(root, 'out/index.html'), PAGE.replace('main.js', 'assets/main.js'));
  await checkBuilt(join(root, 'out'));
});

test(`${COMPLAINT} esbuild`, { skip }, async () => {
  const root = copyApplication('esbuild');
  await runCommands(RECIPES.esbuild, root);
  writeFileSync(join(root, 'out/index.html'), PAGE.replace('main.js', 'assets/main.js'));
  await checkBuilt(join(root, 'out'));
});

test(`${COMPLAINT} esbuild, with the files in another place`, { skip }, async () => {
  const root = copyApplication('places');
  writeFileSync(join(root, 'main.js'), RECIPES.places);
  await runCommands(RECIPES.esbuild, root);
  mkdirSync(join(root, 'out/static'));
  for (const name of ['assets/lic.wasm', 'models/lic-photo.dec.licm'])
    cpSync(join(root, 'out', name), join(root, 'out/static', name.replace(/.*\//, '')));
  for (const name of ['assets/lic.wasm', 'assets/lic-relaxed.wasm', 'models'])
    rmSync(join(root, 'out', name), { recursive: true });
  writeFileSync(join(root, 'out/index.html'), PAGE.replace('main.js', 'assets/main.js'));
  await checkBuilt(join(root, 'out'));
});

test(`${COMPLAINT} Parcel`, { skip }, async () => {
  const root = copyApplication('parcel');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, ...JSON.parse(RECIPES.parcel[0]) }));
  await runCommands(RECIPES.parcel[1], root);
  await checkBuilt(join(root, 'out'));
});

test(`${COMPLAINT} Next.js, which renders the page on a server`, { skip }, async () => {
  const root = copyApplication('next', 'next', 'react', 'react-dom');
  mkdirSync(join(root, 'app'));
  writeFileSync(join(root, 'app/photo.jsx'), RECIPES.next[0]);
  writeFileSync(join(root, 'app/page.jsx'), RECIPES.next[1]);
  writeFileSync(
    join(root, 'app/layout.jsx'),
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>;',
  );
  // The packages lie elsewhere, by links; the pages become files.
  writeFileSync(join(root, 'next.config.js'), "export default { output: 'export', turbopack: { root: '/' } };");
  await runCommands('next build', root);
  const markup = readFileSync(join(root, 'out/index.html'), 'utf8');
  assert.match(markup, /<lic-img src="\/photos\/harbour.lic" alt="A harbour" width="300" height="200"><img /);
  // Next.js writes scripts into its pages.
  await checkBuilt(
    join(root, 'out'),
    'index.html',
    POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
  );
});

test(`${COMPLAINT} no bundler`, { skip }, async () => {
  const root = join(copyApplication('plain'), 'out');
  cpSync(join(folder, 'node_modules/lic-codec'), join(root, 'lic-codec'), { recursive: true });
  assert.ok(existsSync(join(root, 'lic-codec/dist')) && existsSync(join(root, 'lic-codec/models')));
  writeFileSync(join(root, 'index.html'), RECIPES.plain);
  await checkBuilt(root);
});

test('where Trusted Types are required no worker starts, and the page decodes', { skip }, async () => {
  const { page } = await openPage({ csp: `${POLICY}; require-trusted-types-for 'script'; trusted-types 'none'` });
  const width = await page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve));
    const { decode } = await import('/dist/index.js');
    return (await decode('/samples/coffee.lic')).width;
  });
  assert.deepEqual([width, page.workers().length], [600, 0]);
});

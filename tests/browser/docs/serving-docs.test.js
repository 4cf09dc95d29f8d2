// The snippets of docs/serving.md that belong to browsers: the service worker, as a module and bundled, and the Vite
// plugin. The others: tests/web/docs/serving-doc.test.js.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import test, { after, before } from 'node:test';

import sharp from 'sharp';

import { decode } from 'lic-codec';

import { CSP, serve } from '../../../web/demo/serve.js';
import { makeApplication } from '../../web/build/installed.js';
import { readSnippets } from '../../web/docs/snippets.js';
import { LIC, skip as withoutEncoder } from '../../web/server/site.js';
import { readRoot, rootPath } from '../../web/support/vectors.js';
import { skip, useBrowser } from '../support/browser.js';

const MANUAL = 'docs/serving.md';
const [html] = readSnippets(MANUAL, 'html');
const script = (mark) => readSnippets(MANUAL, 'js').find((text) => text.includes(mark));
const [, bundle] = readRoot(MANUAL)
  .toString()
  .match(/^ {4}(esbuild sw\.js .*)$/m);

let folder;
const openPage = useBrowser();

before(() => {
  ({ folder } = makeApplication());
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that npm has installed. */
const run = (command, cwd, path = []) =>
  execFileSync('sh', ['-c', command], {
    cwd,
    stdio: 'pipe',
    env: { ...process.env, PATH: [...path, rootPath('node_modules/.bin'), process.env.PATH].join(delimiter) },
  });

/** Opens the site with its service worker, and again when that is ready: the width of the picture in its <img>. */
async function checkSite(root, register) {
  mkdirSync(join(root, 'photos'), { recursive: true });
  writeFileSync(
    join(root, 'index.html'),
    `<!doctype html><title>Photos</title><link rel="icon" href="/icon.svg">${html}`,
  );
  writeFileSync(join(root, 'register.js'), register);
  cpSync(rootPath('web/demo/icon.svg'), join(root, 'icon.svg'));
  cpSync(rootPath('samples/coffee.lic'), join(root, 'photos/harbour.lic'));
  for (const name of ['dist', 'models'])
    cpSync(join(folder, 'node_modules/lic-codec', name), join(root, name), { recursive: true });
  const { url, close } = await serve({ root, folders: ['.'], csp: CSP });
  try {
    const { page } = await openPage();
    await page.goto(`${url}index.html`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.reload();
    const width = await page.evaluate(async () => {
      const image = document.querySelector('img');
      await image.decode();
      return image.naturalWidth;
    });
    assert.equal(width, 600);
  } finally {
    close();
  }
}

test('the service worker, a module', { skip }, async () => {
  const root = join(folder, 'module');
  mkdirSync(root);
  writeFileSync(join(root, 'sw.js'), script('placeholder'));
  await checkSite(root, script('// register.js'));
});

test('the service worker, bundled to a classic script', { skip }, async () => {
  const root = join(folder, 'classic');
  mkdirSync(root);
  writeFileSync(join(folder, 'sw.js'), script("configure({ wasm: '/dist/lic.wasm'"));
  run(bundle, folder);
  cpSync(join(folder, 'public/sw.js'), join(root, 'sw.js'));
  await checkSite(root, script('// register.js').replace(", { type: 'module' }", ''));
});

test('the Vite plugin', { skip: withoutEncoder }, async () => {
  const { width, height, data } = await decode(readRoot('samples/coffee.lic'));
  await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality: 95 })
    .toFile(join(folder, 'photo.jpg'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><title>Photos</title><img src="photo.jpg" alt="Coffee" width="600" height="400">',
  );
  writeFileSync(join(folder, 'vite.config.js'), script('// vite.config.js'));
  symlinkSync(rootPath('node_modules/vite'), join(folder, 'node_modules/vite'));
  run('vite build', folder, [dirname(LIC)]);
  assert.match(readFileSync(join(folder, 'dist/index.html'), 'utf8'), /<lic-img [^>]*\.lic"/);
  assert.ok(readdirSync(join(folder, 'dist'), { recursive: true }).some((name) => /photo[^/]*\.lic$/.test(name)));
});

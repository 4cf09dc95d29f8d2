// Sites made by lic-static and by the Vite plugin, opened: what is shown, what is loaded, and what where scripts do not
// run.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { createServer as createViteServer, build as viteBuild } from 'vite';

import { convertSite } from 'lic-codec/static';
import { licImages } from 'lic-codec/vite';

import { CSP, serve } from '../../../web/demo/serve.js';
import { LIC, makePictures, skip as skipEncoder, writeFiles } from '../../web/server/site.js';
import { rootPath } from '../../web/support/vectors.js';
import { skip as skipBrowser, useBrowser } from '../support/browser.js';

const skip = skipBrowser || skipEncoder;
const openPage = useBrowser();

let folder;
let pictures;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lic-static-'));
  pictures = await makePictures();
});

after(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({ lic: LIC, cache: join(folder, 'cache') });

/** Opens a page and notes the pictures that the browser itself loads. */
async function open(url, context) {
  const loaded = [];
  const { page, problems } = await openPage({ context });
  page.on('request', (request) => {
    if (request.resourceType() === 'image') loaded.push(new URL(request.url()).pathname.split('/').pop());
  });
  await page.goto(url);
  return { page, problems, loaded };
}

/** Waits for the pictures of a page: their sizes, and whether they come from .lic files. */
const shown = (page) =>
  page.evaluate(async () => {
    const images = [...document.querySelectorAll('lic-img')];
    await Promise.all(images.map((image) => image.decode()));
    return images.map(({ naturalWidth, naturalHeight, currentSrc }) => [
      naturalWidth,
      naturalHeight,
      currentSrc.endsWith('.lic'),
    ]);
  });

const loadedPhoto = (loaded) => loaded.some((name) => /^photo.*\.jpg$/.test(name));

test('lic-static: pictures are decoded, the originals are not loaded, the policy holds', { skip }, async () => {
  const out = join(folder, 'site-out');
  const image = '<img id="photo" src="../photo.jpg" alt="Coffee" width="300" height="200">';
  writeFiles(join(folder, 'site'), {
    ...pictures,
    'pages/index.html':
      '<!doctype html><title>x</title><link rel="icon" href="data:,">' +
      `<body>${image}<img src="../drawing.png" alt="Squares"></body>`,
  });
  await convertSite({ ...options(), folder: join(folder, 'site'), out });
  const { url, close } = await serve({
    root: out,
    folders: ['.'],
    csp: CSP.replace("img-src 'self'", "img-src 'self' data:"),
  });
  try {
    const { page, problems, loaded } = await open(`${url}pages/index.html`);
    assert.deepEqual(await shown(page), [[600, 400, true]]);
    await page.waitForTimeout(500);
    assert.ok(!loadedPhoto(loaded), loaded.join(' '));
    assert.ok(loaded.includes('drawing.png'));
    assert.deepEqual(problems, []);
    assert.deepEqual(await page.evaluate('violations'), []);
    const box = await page.locator('lic-img#photo').boundingBox();
    assert.deepEqual([box.width, box.height], [300, 200]);

    const still = await open(`${url}pages/index.html`, { javaScriptEnabled: false });
    await still.page.waitForFunction(() => document.querySelector('img').naturalWidth === 600);
    assert.ok(loadedPhoto(still.loaded));
  } finally {
    close();
  }
});

test(
  'lic-static: the originals show where the decoder fails, and where the script does not come',
  { skip },
  async () => {
    const out = join(folder, 'failing-out');
    writeFiles(join(folder, 'failing'), {
      'photo.jpg': pictures['photo.jpg'],
      'index.html': '<!doctype html><title>x</title><img src="photo.jpg" alt="Coffee">',
    });
    await convertSite({ ...options(), folder: join(folder, 'failing'), out });
    const fallbackShows = (page) =>
      page.waitForFunction(
        () => {
          const image = document.querySelector('img');
          const { top, bottom, width } = image.getBoundingClientRect();
          return image.naturalWidth === 600 && width > 0 && top >= 0 && bottom > 0;
        },
        undefined,
        { timeout: 20_000 },
      );
    const { url, close } = await serve({ root: out, folders: ['.'] });
    try {
      const { page } = await openPage({
        prepare: (one) => one.route('**/*.lic', (route) => route.fulfill({ status: 404 })),
      });
      await page.goto(`${url}index.html`);
      await fallbackShows(page);
      const late = await openPage({ prepare: (one) => one.route('**/define.js', (route) => route.abort()) });
      await late.page.goto(`${url}index.html`);
      await fallbackShows(late.page);
    } finally {
      close();
    }
  },
);

test('lic-static: files on another server, which allows this', { skip }, async () => {
  const cdn = 'https://cdn.example/files/';
  const out = join(folder, 'far-out');
  const image = `<img src="${cdn}photo.jpg" alt="Coffee">`;
  writeFiles(join(folder, 'far'), {
    'photo.jpg': pictures['photo.jpg'],
    'index.html': `<!doctype html><title>x</title><link rel="icon" href="data:,">${image}`,
  });
  await convertSite({ ...options(), folder: join(folder, 'far'), out, base: cdn });
  const { origin } = new URL(cdn);
  const csp = CSP.replaceAll("'self'", `'self' ${origin}`).replace('img-src', 'img-src data:');
  const { url, close } = await serve({ root: out, folders: ['.'], csp });
  try {
    const { page, problems } = await openPage({
      prepare: (one) =>
        one.route(`${cdn}**`, async (route) => {
          const response = await route.fetch({ url: url + route.request().url().slice(cdn.length) });
          await route.fulfill({ response, headers: { ...response.headers(), 'access-control-allow-origin': '*' } });
        }),
    });
    await page.goto(`${url}index.html`);
    assert.deepEqual(await shown(page), [[600, 400, true]]);
    assert.ok(await page.evaluate((start) => document.querySelector('lic-img').currentSrc.startsWith(start), cdn));
    // A worker of another origin may not start, and the page decodes. Firefox says so on the console.
    const isWorker = (text) => text.startsWith('Security Error') && text.endsWith('/lic/dist/worker.js.');
    assert.deepEqual(
      problems.filter((text) => !isWorker(text)),
      [],
    );
  } finally {
    close();
  }
});

/** An application with the package installed as a link, pictures in its source and in public/. */
function makeApplication() {
  const root = join(folder, 'application');
  writeFiles(root, {
    'package.json': JSON.stringify({ name: 'application', private: true, type: 'module' }),
    'src/photo.jpg': pictures['photo.jpg'],
    'src/photo-300.jpg': pictures['photo-300.jpg'],
    'public/photo-2.jpg': pictures['photo.jpg'],
    'index.html':
      '<!doctype html><title>waiting</title><link rel="icon" href="data:,"><body><img src="/src/photo.jpg" alt="a">' +
      '<img src="/photo-2.jpg" alt="b"><script type="module" src="/main.js"></script>',
    'main.js': `
      import 'lic-codec/define';
      import small from './src/photo-300.jpg?lic';
      const image = document.createElement('lic-img');
      image.src = small;
      document.body.append(image);
      document.title = 'ready';`,
  });
  writeFiles(root, { 'node_modules/.keep': '' });
  symlinkSync(rootPath('.'), join(root, 'node_modules/lic-codec'));
  return root;
}

const SHOWN = [
  [600, 400, true],
  [600, 400, true],
  [300, 200, true],
];

test('Vite: built, and in its development server', { skip }, async () => {
  const root = makeApplication();
  const shared = { root, configFile: false, logLevel: 'error', plugins: [licImages(options())] };
  await viteBuild({ ...shared, build: { target: 'es2022' } });
  assert.equal(readdirSync(join(root, 'dist'), { recursive: true }).filter((name) => name.endsWith('.lic')).length, 3);
  const { url, close } = await serve({
    root: join(root, 'dist'),
    folders: ['.'],
    csp: CSP.replace("img-src 'self'", "img-src 'self' data:"),
  });
  const server = await createViteServer({
    ...shared,
    plugins: [licImages(options())],
    server: { port: 0, hmr: false, fs: { strict: false } },
  });
  await server.listen();
  try {
    for (const place of [`${url}index.html`, server.resolvedUrls.local[0]]) {
      const { page, problems, loaded } = await open(place);
      await page.waitForFunction(() => document.title === 'ready');
      assert.deepEqual(await shown(page), SHOWN, place);
      assert.ok(!loadedPhoto(loaded), `${place}: ${loaded.join(' ')}`);
      assert.deepEqual(problems, [], place);
    }
    writeFileSync(join(root, 'src/photo.jpg'), pictures['photo-300.jpg']);
    server.watcher.emit('change', join(root, 'src/photo.jpg'));
    const changed = await open(server.resolvedUrls.local[0]);
    await changed.page.waitForFunction(() => document.title === 'ready');
    assert.deepEqual((await shown(changed.page))[0], [300, 200, true]);
  } finally {
    close();
    await server.close();
  }
});

// The snippets of the documents that are for pages, run in one as they stand there. Those for Node.js:
// tests/web/docs/docs.test.js.

import assert from 'node:assert/strict';
import test from 'node:test';

import { CSP } from '../../../web/demo/serve.js';
import { Snippets } from '../../web/docs/snippets.js';
import { readRoot } from '../../web/support/vectors.js';
import { skip, useBrowser } from '../support/browser.js';

const FILES = {
  'photo.lic': ['samples/coffee.lic', 'image/x-lic'],
  'photo.jpg': ['web/demo/icon.svg', 'image/svg+xml'],
  'assets/lic.wasm': ['dist/lic.wasm', 'application/wasm'],
  'assets/lic-photo.dec.licm': ['models/lic-photo.dec.licm', 'application/octet-stream'],
};
const ENTRIES = { 'lic-codec': '/dist/index.js', 'lic-codec/define': '/dist/define.js' };

const openPage = useBrowser();

/** A page with a canvas and an input, and with the files that the snippets name. */
async function openManual(body = '<canvas></canvas><input type="file">') {
  const requests = [];
  const opened = await openPage({
    prepare: async (page) => {
      for (const [name, [path, contentType]] of Object.entries(FILES)) {
        await page.route(
          `**/${name}`,
          (route) => (requests.push(route.request()), route.fulfill({ body: readRoot(path), contentType })),
        );
      }
    },
  });
  await opened.page.evaluate(
    (html) => document.body.append(...new DOMParser().parseFromString(html, 'text/html').body.children),
    body,
  );
  const said = [];
  opened.page.on('console', (message) => said.push(message.text()));
  return { ...opened, requests, said };
}

/** Runs a snippet to its end, as a module of the page's own. */
async function runModule(page, text) {
  const body = text.replace(/'(lic-codec(?:\/\w+)?)'/g, (_, entry) => `'${ENTRIES[entry]}'`);
  await page.route('**/snippet.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
  await page.evaluate(() =>
    new Promise((resolve) => setTimeout(resolve)).then(() => import('/tests/browser/snippet.js')).then(() => {}),
  );
}

/** The hash of the pixels of a canvas that was painted, and of those that decode() gives. */
const compare = (page) =>
  page.evaluate(async () => {
    const { decode } = await import('/dist/index.js');
    const { width, height } = document.querySelector('canvas');
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    copy.drawImage(document.querySelector('canvas'), 0, 0);
    const [seen, { data }] = [copy.getImageData(0, 0, width, height).data, await decode('/photo.lic')];
    return {
      size: [width, height],
      difference: data.reduce((most, value, i) => Math.max(most, Math.abs(value - seen[i])), 0),
    };
  });
/** The width of the picture that the element of a page shows. */
const showPicture = (page) =>
  page.evaluate(async () => {
    const image = document.querySelector('lic-img');
    await image.decode();
    return image.naturalWidth;
  });
const PAINTED = { size: [600, 400], difference: 0 };

const decoding = new Snippets('docs/decode.md');

test('decode.md: a Response of one’s own', { skip }, async () => {
  const { page, requests, problems } = await openManual();
  await runModule(page, `${decoding.take('credentials')}\ndocument.title = picture.width;`);
  assert.equal(await page.title(), '600');
  assert.equal((await requests[0].allHeaders())['x-album'], 'harbour');
  assert.deepEqual(problems, []);
});

test('decode.md: a file of the user', { skip }, async () => {
  const { page, problems } = await openManual();
  await runModule(page, decoding.take('input[type=file]'));
  await page.setInputFiles('input', { name: 'mine.lic', mimeType: '', buffer: readRoot('samples/coffee.lic') });
  await page.waitForFunction(() => document.querySelector('canvas').width === 600);
  assert.deepEqual([await compare(page), problems], [PAINTED, []]);
});

test('decode.md: painting while the file comes in', { skip }, async () => {
  const { page, problems } = await openManual();
  await runModule(page, decoding.take('onInfo'));
  assert.equal(await page.locator('canvas').getAttribute('title'), '100 %');
  assert.deepEqual([await compare(page), problems], [PAINTED, []]);
});

test('decode.md: a bitmap', { skip }, async () => {
  const { page, problems } = await openManual();
  await runModule(page, decoding.take('decodeToBitmap'));
  assert.deepEqual([await compare(page), problems], [PAINTED, []]);
});

test('decode.md: settings', { skip }, async () => {
  const { page, requests, said, problems } = await openManual();
  await runModule(page, decoding.take("wasm: '/assets"));
  const paths = requests.map((request) => new URL(request.url()).pathname);
  assert.ok(
    ['/assets/lic.wasm', '/assets/lic-photo.dec.licm'].every((path) => paths.includes(path)),
    paths.join(),
  );
  assert.deepEqual([said, problems], [['1'], []]);
});

const troubleshooting = new Snippets('docs/troubleshooting.md');

test('troubleshooting.md: the error of an element, and whether workers decode', { skip }, async () => {
  const { page, said } = await openManual('<lic-img src="/none.lic" alt="Nothing"></lic-img>');
  await page.evaluate(() =>
    import('/dist/define.js').then(() =>
      document
        .querySelector('lic-img')
        .decode()
        .catch(() => {}),
    ),
  );
  const listening = troubleshooting.take('addEventListener');
  await runModule(page, listening);
  assert.ok(
    said.some((text) => text.startsWith('io_error') && text.includes('404')),
    said.join(),
  );
  const other = await openManual();
  await runModule(other.page, troubleshooting.take('console.table'));
  assert.equal(other.said.length, 1);
  troubleshooting.end();
});

test('troubleshooting.md: what comes as lic.wasm is a page', { skip }, async () => {
  const { page } = await openManual();
  const [code, message] = await page.evaluate(async () => {
    const { configure, decode } = await import('/dist/index.js');
    configure({ wasm: '/tests/browser/support/page.html' });
    return decode('/photo.lic').catch(({ code, message }) => [code, message]);
  });
  assert.equal(code, 'internal');
  assert.match(message, /expected magic word|failed to match magic number/);
});

const manual = new Snippets('web/README.md');
manual.take("await info('photo.lic')"); // for Node.js
// run by one-file.test.js and tests/web/runtimes/workerd.test.js
for (const mark of [/^import .* from 'lic-codec\/inline';\n$/, 'configure(embedded)', 'fetch(request)', 'import model'])
  manual.take(mark);

test('web/README.md: options, and places of files', { skip }, async () => {
  const { page, problems } = await openManual();
  const before = `
    import { configure, decode } from 'lic-codec';
    const url = '/photo.lic';
    const { signal } = new AbortController();
    const canvas = document.querySelector('canvas');
    const context = canvas.getContext('2d');`;
  await runModule(
    page,
    `${before}
    ${manual.take("wasm: '/assets")}
    ${manual.take('onProgress')}
    document.title = [picture.width, canvas.width, context.getImageData(0, 0, 1, 1).data[3]].join(' ');`,
  );
  assert.equal(await page.title(), '400 600 255');
  assert.deepEqual(problems, []);
});

test('web/README.md: preloads are what a page loads, and the element shows its picture', { skip }, async () => {
  const preloads = manual.take('modulepreload');
  const links = [...preloads.matchAll(/href="(.*?)"/g)].map(([, path]) => `/${path}`);
  const html = manual.take('<lic-img');
  const { page, problems } = await openManual(html);
  const loaded = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  const [, script] = html.match(/<script type="module">(.*?)<\/script>/);
  await runModule(page, script);
  assert.equal(await showPicture(page), 600);
  for (const path of links) assert.ok(loaded.includes(path), `${path} is not needed: ${loaded}`);
  assert.deepEqual(problems, []);
  manual.end();
});

test('README.md: a page beside dist/, and samples/', { skip }, async () => {
  const html = new Snippets('README.md', 'html').take('<lic-img');
  const { page, problems } = await openPage({
    prepare: async (page, url) => {
      await page.route(`${url}readme.html`, (route) =>
        route.fulfill({ body: html, contentType: 'text/html', headers: { 'Content-Security-Policy': CSP } }),
      );
      for (const name of ['coffee.jpg', 'favicon.ico'])
        await page.route(`**/${name}`, (route) =>
          route.fulfill({ body: readRoot('web/demo/icon.svg'), contentType: 'image/svg+xml' }),
        );
    },
    path: 'readme.html',
  });
  await page.waitForFunction(() => customElements.get('lic-img'));
  assert.deepEqual([await showPicture(page), problems], [600, []]);
});

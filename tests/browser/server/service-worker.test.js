// lic-codec/service-worker in a browser: plain <img>, under the strict policy, served by lic-codec/server.

import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import test, { after } from 'node:test';

import esbuild from 'esbuild';

import * as node from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { CSP } from '../../../web/demo/serve.js';
import { largestDifference, readRoot, readVector, rootPath } from '../../web/support/vectors.js';
import { skip, unpack, useBrowser } from '../support/browser.js';

const PICTURE = 'tiny-tiles-of-3.lic'; // 300 x 200
const ALPHA = 'tiny-alpha-disc.lic'; // 90 x 60
const OTHER = 'tiny-33x31.lic';
const MODEL = 'tests/models/tiny.dec.licm';
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };
const openPage = useBrowser();
node.configure({ models: readRoot(MODEL) });

const worker = (options, configuration = { models: `/${MODEL}` }) => `
  import { configure, serveLicImages } from '/dist/service-worker.js';
  configure(${JSON.stringify(configuration)});
  const channel = new BroadcastChannel('errors');
  const onError = ({ name, code, message }, url) => channel.postMessage({ name, code, message, url });
  serveLicImages({ onError, ...${options} });
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));`;

const html = (body) => `<!doctype html><title>x</title><link rel="icon" href="data:,"><body>${body}`;

/**
 * A site with a service worker, whose pictures lie in the map that comes with it.
 * @param {object} [options]
 * @param {string} [options.options] of serveLicImages(), as text
 * @param {string} [options.code] the service worker instead
 * @param {Record<string, string>} [options.headers] of pictures
 * @param {string} [options.cacheControl] of pictures, in place of the handler's
 * @param {string} [options.body] of the page
 */
async function startSite({ options = '{}', code = worker(options), headers = {}, cacheControl, body = '' } = {}) {
  const pictures = new Map([PICTURE, ALPHA, OTHER].map((name) => [name, readVector(name)]));
  const asked = [];
  const handler = await createLicHandler({
    source: (path) => pictures.get(path) ?? null,
    decoder: node,
    prefix: '/p',
    maxAge: 0,
    headers,
  });
  const texts = { '/': ['text/html', html(body)], '/sw.js': ['text/javascript', code] };
  const server = createServer((request, response) => {
    const path = request.url.split('?')[0];
    if (path.startsWith('/p/')) {
      asked.push(request.headers);
      if (site.isDown) return request.socket.destroy();
      if (cacheControl === undefined) return handler(request, response);
      return response
        .writeHead(200, { 'Content-Type': 'image/x-lic', ETag: '"a"', 'Cache-Control': cacheControl })
        .end(pictures.get(path.slice(3)));
    }
    response.setHeader(
      'Content-Security-Policy',
      CSP.replace("img-src 'self'", `img-src 'self' data: ${site.allowed}`).replace(
        "connect-src 'self'",
        `connect-src 'self' ${site.allowed}`,
      ),
    );
    const [type, text] = texts[path] ?? [];
    if (text !== undefined) return response.setHeader('Content-Type', type).end(text);
    if (!/^\/(dist|models|tests\/models)\//.test(path) || !existsSync(rootPath(`.${path}`)))
      return response.writeHead(404).end();
    response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    createReadStream(rootPath(`.${path}`)).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => (server.close(), server.closeAllConnections());
  after(close);
  const site = { url: `http://127.0.0.1:${server.address().port}`, pictures, asked, isDown: false, allowed: '', close };
  return site;
}

/** Opens the site once its service worker is at work. */
async function open(site, type = 'module') {
  const { page, problems } = await openPage();
  await page.goto(`${site.url}/`);
  await page.evaluate(async (kind) => {
    globalThis.errors = [];
    new BroadcastChannel('errors').onmessage = ({ data }) => globalThis.errors.push(data);
    const controlled = new Promise((resolve) =>
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
    );
    await navigator.serviceWorker.register('/sw.js', { type: kind });
    await controlled;
  }, type);
  problems.length = 0;
  return { page, problems };
}

/** Shows a picture by a plain <img>: its size, or the name of the failure. */
const show = (page, src) =>
  page.evaluate(async (from) => {
    const image = new Image();
    image.src = from;
    document.body.append(image);
    return image.decode().then(
      () => [image.naturalWidth, image.naturalHeight],
      ({ name }) => name,
    );
  }, src);

const cached = (page) =>
  page.evaluate(async () => (await (await caches.open('lic-pictures')).keys()).map(({ url }) => url.split('/').pop()));

/** What the service worker has said of failures, once there are so many. */
async function errors(page, count) {
  await page.waitForFunction((least) => globalThis.errors.length >= least, count);
  return page.evaluate('errors');
}

test('plain <img>: the pixels of decode(), with alpha; CSS backgrounds; no violation', { skip }, async () => {
  const site = await startSite({ body: `<img src="/p/${PICTURE}"><img src="/p/${ALPHA}">` });
  const { page, problems } = await open(site);
  await page.reload();
  for (const [i, name] of [PICTURE, ALPHA].entries()) {
    const shown = await page.evaluate(async (index) => {
      const image = document.images[index];
      await image.decode();
      const context = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
      context.drawImage(image, 0, 0);
      return pack(context.getImageData(0, 0, image.naturalWidth, image.naturalHeight).data);
    }, i);
    const { data } = await node.decode(readVector(name));
    // A canvas keeps colours multiplied by alpha: where little shows, little is left of them.
    const visible = (values) =>
      Uint8Array.from(values, (value, at) => (at % 4 === 3 || data[at | 3] === 255 ? value : 0));
    assert.ok(largestDifference(visible(unpack(shown)), visible(data)) <= 1, name);
  }
  await page.evaluate(async (name) => {
    const style = new CSSStyleSheet();
    style.replaceSync(`body { background: url('/p/${name}') }`);
    document.adoptedStyleSheets = [style];
  }, OTHER);
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.endsWith('33x31.lic')),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(await page.evaluate('violations'), []);
  assert.ok(site.asked.slice(-3).every((headers) => headers.accept === 'image/x-lic'));
});

test('scripts get the file; other images and pages are left alone', { skip }, async () => {
  const site = await startSite();
  const { page } = await open(site);
  const found = await page.evaluate(async (name) => {
    const response = await fetch(`/p/${name}`);
    return [response.headers.get('Content-Type'), (await response.arrayBuffer()).byteLength];
  }, PICTURE);
  assert.deepEqual(found, ['image/x-lic', readVector(PICTURE).length]);
  assert.deepEqual(await show(page, `/p/${PICTURE}?format=webp`), [300, 200], 'what the server has made a WebP of');
  assert.deepEqual(await cached(page), []);
  assert.equal(await show(page, '/none.png'), 'EncodingError');
});

test(
  'kept: used while the file is the same, and when the server is gone; dropped when there is too much',
  { skip },
  async () => {
    const site = await startSite({ options: '{ cache: { maxBytes: 300_000 } }' });
    const { page } = await open(site);
    await show(page, `/p/${OTHER}`);
    await page.waitForFunction(async () => (await (await caches.open('lic-pictures')).keys()).length === 1);
    // Another picture in its place shows that it is not decoded again.
    await page.evaluate(async (name) => {
      const cache = await caches.open('lic-pictures');
      const { headers } = await cache.match(`/p/${name}`);
      const png = await new OffscreenCanvas(5, 6).getContext('2d').canvas.convertToBlob();
      await cache.put(
        `/p/${name}`,
        new Response(png, { headers: { ...Object.fromEntries(headers), 'Content-Length': String(png.size) } }),
      );
    }, OTHER);
    await page.reload();
    assert.deepEqual(await show(page, `/p/${OTHER}`), [5, 6]);
    site.pictures.set(OTHER, readVector(ALPHA));
    await page.reload();
    assert.deepEqual(await show(page, `/p/${OTHER}`), [90, 60]);
    for (const name of [PICTURE, ALPHA]) await show(page, `/p/${name}`);
    site.isDown = true;
    await page.reload();
    assert.deepEqual(await show(page, `/p/${PICTURE}`), [300, 200]);
    site.isDown = false;
    for (let i = 0; i < 3; ++i) {
      site.pictures.set(`${i}.lic`, readVector(PICTURE));
      await show(page, `/p/${i}.lic`);
    }
    await page.waitForFunction(async () =>
      (await (await caches.open('lic-pictures')).keys()).some(({ url }) => url.endsWith('2.lic')),
    );
    const names = await cached(page);
    assert.ok(names.includes('2.lic') && !names.includes(OTHER), names.join(' '));
  },
);

test('not kept: what its server forbids to store, or calls private', { skip }, async () => {
  for (const forbidden of ['no-store', 'max-age=0, Private']) {
    const site = await startSite({ cacheControl: forbidden });
    const { page } = await open(site);
    assert.deepEqual(await show(page, `/p/${OTHER}`), [33, 31]);
    site.isDown = true;
    await page.reload();
    assert.equal(await show(page, `/p/${OTHER}`), 'EncodingError', forbidden);
    assert.deepEqual(await cached(page), []);
  }
});

test('failures: an error of the <img> and a word to the service worker', { skip }, async () => {
  const site = await startSite({ options: '{ maxPixels: 50_000, cache: false }' });
  site.pictures.set('bad.lic', readVector('bad/bad_stream-hyper-word-left.lic'));
  const { page } = await open(site);
  for (const name of ['bad.lic', PICTURE, 'none.lic'])
    assert.equal(await show(page, `/p/${name}`), 'EncodingError', name);
  site.isDown = true;
  assert.equal(await show(page, `/p/${OTHER}`), 'EncodingError');
  const found = (await errors(page, 3)).map(({ name, code, url }) => [code ?? name, url.split('/').pop()]);
  assert.deepEqual(found, [
    ['bad_stream', 'bad.lic'],
    ['limit_exceeded', PICTURE],
    ['TypeError', OTHER],
  ]);
  site.isDown = false;
  assert.deepEqual(await show(page, `/p/${OTHER}?again`), [33, 31], 'the next one is well');
  assert.deepEqual(await cached(page), []);
});

test('a placeholder instead of a failure', { skip }, async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="8"/>';
  const byFunction = await startSite({
    options: `{ placeholder: () => new Response('${svg}', { headers: { 'Content-Type': 'image/svg+xml' } }) }`,
  });
  const byUrl = await startSite({ options: `{ placeholder: '/p/${OTHER}?format=png' }` });
  for (const [site, size] of [
    [byFunction, [7, 8]],
    [byUrl, [33, 31]],
  ]) {
    site.pictures.set('bad.lic', readVector('bad/bad_checksum-tiles.lic'));
    const { page } = await open(site);
    assert.deepEqual(await show(page, '/p/bad.lic'), size);
  }
});

test('other origins: those that are named, by CORS', { skip }, async () => {
  const headers = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
  const [named, other, closed] = await Promise.all([startSite({ headers }), startSite({ headers }), startSite()]);
  const site = await startSite({ options: JSON.stringify({ origins: [named.url, closed.url] }) });
  site.allowed = [named, other, closed].map(({ url }) => url).join(' ');
  const { page } = await open(site);
  assert.deepEqual(await show(page, `${named.url}/p/${PICTURE}`), [300, 200]);
  assert.equal(named.asked[0].cookie, undefined);
  assert.deepEqual(await show(page, `${other.url}/p/${PICTURE}`), [300, 200], 'made a picture by its own server');
  assert.match(other.asked[0].accept, /image\/avif/);
  assert.equal(await show(page, `${closed.url}/p/${PICTURE}`), 'EncodingError');
});

test('a page of many pictures', { skip }, async () => {
  const names = Array.from({ length: 24 }, (_, i) => `/p/${[PICTURE, ALPHA, OTHER][i % 3]}?${i}`);
  const site = await startSite({ body: names.map((src) => `<img src="${src}">`).join('') });
  const { page, problems } = await open(site);
  await page.reload();
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  );
  assert.deepEqual(problems, []);
});

test('bundled to a classic script, for browsers without modules in service workers', { skip }, async () => {
  const source = worker('{}', { models: `/${MODEL}`, wasm: '/dist/lic.wasm' }).replace(
    '/dist/service-worker.js',
    'lic-codec/service-worker',
  );
  const { outputFiles } = await esbuild.build({
    stdin: { contents: source, resolveDir: rootPath('.') },
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'error',
  });
  const { page } = await open(await startSite({ code: outputFiles[0].text }), 'classic');
  assert.deepEqual(await show(page, `/p/${PICTURE}`), [300, 200]);
});

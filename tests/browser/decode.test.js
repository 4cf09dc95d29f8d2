// decode() in a browser, under the strict policy: in workers, and on the page's thread where workers cannot start.

import assert from 'node:assert/strict';
import test from 'node:test';

import * as node from 'lic-codec';

import { CSP } from '../../web/demo/serve.js';
import { largestDifference, listVectors, readRoot, readVector } from '../web/vectors.js';
import { skip, unpack, useBrowser } from './browser.js';

const MODELS = ['tiny', 'edge', 'least'].map((name) => `/tests/models/${name}.dec.licm`);
const openPage = useBrowser();

/** Configures the page for the test models, by their ids. */
async function useModels(page) {
  const ids = {};
  for (const { file, model } of listVectors()) ids[(await node.info(readVector(file))).modelId] ??= `/${model}`;
  const models = Object.fromEntries(Object.entries(ids).filter(([, path]) => MODELS.includes(path)));
  await page.evaluate(async (places) => {
    globalThis.lic = await import('/dist/index.js');
    lic.configure({ models: places });
  }, models);
}

/** Decodes a file by URL in the page: its size and the pixels. */
const decodeInPage = (page, url) =>
  page.evaluate(async (from) => {
    const picture = await lic.decode(from);
    return { isImageData: picture instanceof ImageData, width: picture.width, height: picture.height, data: pack(picture.data) };
  }, url);

async function checkVectors(page, vectors) {
  for (const { file, model } of vectors) {
    node.configure({ models: readRoot(model) });
    const expected = await node.decode(readVector(file));
    const picture = await decodeInPage(page, `/tests/vectors/${file}`);
    assert.ok(picture.isImageData, file);
    assert.deepEqual([picture.width, picture.height], [expected.width, expected.height], file);
    assert.ok(largestDifference(unpack(picture.data), expected.data) <= 1, file);
  }
}

const testVectors = () => listVectors().filter(({ model }) => MODELS.includes(`/${model}`));

test('in a worker: the pixels of Node, no violation of the policy', { skip }, async () => {
  const { page, problems } = await openPage();
  await useModels(page);
  await checkVectors(page, testVectors());
  assert.equal(page.workers().length, 1);
  assert.deepEqual(problems, []);
  assert.deepEqual(await page.evaluate('violations'), []);
});

test('every kind of source', { skip }, async () => {
  const { page } = await openPage();
  await useModels(page);
  const widths = await page.evaluate(async () => {
    const url = '/tests/vectors/tiny-33x31.lic';
    const bytes = await (await fetch(url)).arrayBuffer();
    const sources = [url, new URL(url, location.href), bytes, new Uint8Array(bytes), new Blob([bytes]), await fetch(url), (await fetch(url)).body];
    const pictures = await Promise.all(sources.map((source) => lic.decode(source)));
    return [...pictures.map(({ width }) => width), bytes.byteLength > 0 && 33];
  });
  assert.deepEqual(widths, Array(8).fill(33));
});

test('errors keep their class and code on the way from the worker', { skip }, async () => {
  const { page } = await openPage();
  await useModels(page);
  const codes = await page.evaluate(async () => {
    const names = ['bad_stream-hyper-word-left', 'bad_section-no-hyper', 'bad_checksum-tiles', 'truncated-inside-tiles', 'not_lic-png', 'nothing'];
    const found = [];
    for (const name of names) {
      const error = await lic.decode(`/tests/vectors/bad/${name}.lic`).catch((reason) => reason);
      found.push([error instanceof lic.LicError, error.code, error.details.status]);
    }
    return found;
  });
  assert.deepEqual(codes, [
    [true, 'bad_stream', undefined],
    [true, 'bad_section', undefined],
    [true, 'bad_checksum', undefined],
    [true, 'truncated', undefined],
    [true, 'not_lic', undefined],
    [true, 'io_error', 404],
  ]);
});

test('at most four workers, used again', { skip }, async () => {
  const { page } = await openPage();
  await useModels(page);
  let most = 0;
  page.on('worker', () => (most = Math.max(most, page.workers().length)));
  const count = await page.evaluate(async () => {
    for (let round = 0; round < 2; ++round) {
      await Promise.all(Array.from({ length: 12 }, () => lic.decode('/tests/vectors/tiny-tiles-of-1.lic')));
    }
    return Math.min(4, navigator.hardwareConcurrency);
  });
  assert.ok(most >= 1 && most <= count, `${most} workers`);
  assert.ok(page.workers().length <= count);
  await page.evaluate(() => lic.close());
  await page.waitForFunction('true');
  await assert.doesNotReject(decodeInPage(page, '/tests/vectors/tiny-1x1.lic'));
});

/** Decodes large.lic in the page and measures how long the thread was away at a time. */
const watchThread = (page) =>
  page.evaluate(async () => {
    await lic.decode('/tests/vectors/least-20x20.lic');
    let last = performance.now();
    let longest = 0;
    let turns = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      ++turns;
    });
    const start = performance.now();
    const picture = await lic.decode('/tests/web/large.lic');
    clearInterval(timer);
    return { longest, turns, whole: performance.now() - start, width: picture.width };
  });

test('the page is free while a worker decodes', { skip }, async () => {
  const { page } = await openPage();
  await useModels(page);
  const { longest, whole, width } = await watchThread(page);
  assert.equal(width, 8000);
  assert.ok(longest < whole / 4, `away for ${longest.toFixed()} of ${whole.toFixed()} ms`);
});

test('cancelling stops the worker: it serves the next at once', { skip }, async () => {
  const { page } = await openPage({ prepare: limitWorkers });
  await useModels(page);
  const times = await page.evaluate(async () => {
    const time = async (work) => {
      const start = performance.now();
      const error = await work().then(() => null, (reason) => reason.name);
      return { error, ms: performance.now() - start };
    };
    await lic.decode('/tests/vectors/least-20x20.lic');
    const whole = await time(() => lic.decode('/tests/web/large.lic'));
    const cancelled = await time(() => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      return lic.decode('/tests/web/large.lic', { signal: controller.signal });
    });
    const next = await time(() => lic.decode('/tests/vectors/least-20x20.lic'));
    return { whole, cancelled, next };
  });
  assert.equal(times.cancelled.error, 'AbortError');
  assert.equal(times.next.error, null);
  assert.equal(page.workers().length, 1);
  assert.ok(times.cancelled.ms + times.next.ms < times.whole.ms * 0.75, JSON.stringify(times));
});

async function limitWorkers(page) {
  await page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1 }));
}

/** A worker that can be made to fail. */
async function breakWorker(page) {
  await limitWorkers(page);
  const body = `${readRoot('dist/worker.js')}\nnew BroadcastChannel('break').onmessage = () => { throw new Error('gone'); };`;
  await page.route('**/dist/worker.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
}

test('a worker that fails loses its picture only', { skip }, async () => {
  const { page } = await openPage({ prepare: breakWorker });
  await useModels(page);
  await decodeInPage(page, '/tests/vectors/tiny-1x1.lic');
  const code = await page.evaluate(async () => {
    const channel = new BroadcastChannel('break');
    const onProgress = ({ fraction }) => fraction > 0 && channel.postMessage('');
    return lic.decode('/tests/web/large.lic', { onProgress }).then(() => 'decoded', (error) => error.code);
  });
  assert.equal(code, 'internal');
  assert.equal((await decodeInPage(page, '/tests/vectors/tiny-1x1.lic')).width, 1);
});

test('without workers, by policy: on this thread, in slices', { skip }, async () => {
  const { page } = await openPage({ csp: CSP.replace("worker-src 'self'", "worker-src 'none'") });
  await useModels(page);
  await checkVectors(page, testVectors().slice(0, 8));
  assert.equal(page.workers().length, 0);
  const { longest, turns, width } = await watchThread(page);
  assert.equal(width, 8000);
  assert.ok(turns > 10, `${turns} turns, away for ${longest.toFixed()} ms`);
  const error = await page.evaluate(() => lic.decode('/tests/web/large.lic', { signal: AbortSignal.timeout(200) }).catch(({ name }) => name));
  assert.equal(error, 'TimeoutError');
});

test('from another origin, whose workers may not start here', { skip }, async () => {
  const cdn = await openPage({ headers: { 'Access-Control-Allow-Origin': '*' } });
  const origin = new URL(cdn.url).origin;
  const { page } = await openPage({ csp: CSP.replaceAll("'self'", `'self' ${origin}`) });
  const width = await page.evaluate(async (base) => {
    const { configure, decode } = await import(`${base}/dist/index.js`);
    configure({ models: '/tests/models/tiny.dec.licm' });
    return (await decode('/tests/vectors/tiny-33x31.lic')).width;
  }, origin);
  assert.equal(width, 33);
  assert.equal(page.workers().length, 0);
});

test('a policy without wasm-unsafe-eval: internal, and the message says what to do', { skip }, async () => {
  const { page } = await openPage({ csp: CSP.replace(" 'wasm-unsafe-eval'", '') });
  await useModels(page);
  const error = await page.evaluate(() => lic.decode('/tests/vectors/tiny-1x1.lic').catch(({ code, message }) => ({ code, message })));
  assert.equal(error.code, 'internal');
  assert.match(error.message, /wasm-unsafe-eval/);
});

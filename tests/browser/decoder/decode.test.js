// decode() in a browser, under the strict policy: in workers, and on the page's thread where workers cannot start.

import assert from 'node:assert/strict';
import test from 'node:test';

import * as node from 'lic-codec';

import { CSP } from '../../../web/demo/serve.js';
import { largestDifference, listVectors, readRoot, readVector } from '../../web/support/vectors.js';
import { skip, unpack, useBrowser } from '../support/browser.js';
import { MODELS, limitWorkers, useModels, watchThread } from './decode-page.js';

const openPage = useBrowser();

/** Decodes a file by URL in the page: its size and the pixels. */
const decodeInPage = (page, url) =>
  page.evaluate(async (from) => {
    const picture = await lic.decode(from);
    return {
      isImageData: picture instanceof ImageData,
      width: picture.width,
      height: picture.height,
      data: pack(picture.data),
    };
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
    const sources = [
      url,
      new URL(url, location.href),
      bytes,
      new Uint8Array(bytes),
      new Blob([bytes]),
      await fetch(url),
      (await fetch(url)).body,
    ];
    const pictures = await Promise.all(sources.map((source) => lic.decode(source)));
    return [...pictures.map(({ width }) => width), bytes.byteLength > 0 && 33];
  });
  assert.deepEqual(widths, Array(8).fill(33));
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

/** A worker that can be made to fail. */
async function breakWorker(page) {
  await limitWorkers(1)(page);
  const breaks = "new BroadcastChannel('break').onmessage = () => { throw new Error('gone'); };";
  const body = `${readRoot('dist/worker.js')}\n${breaks}`;
  await page.route('**/dist/worker.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
}

test('a worker that fails loses its picture only', { skip }, async () => {
  const { page } = await openPage({ prepare: breakWorker });
  await useModels(page);
  await decodeInPage(page, '/tests/vectors/tiny-1x1.lic');
  const code = await page.evaluate(async () => {
    const channel = new BroadcastChannel('break');
    const onProgress = ({ fraction }) => fraction > 0 && channel.postMessage('');
    return lic.decode('/tests/web/support/large.lic', { onProgress }).then(
      () => 'decoded',
      (error) => error.code,
    );
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
  const error = await page.evaluate(() =>
    lic.decode('/tests/web/support/large.lic', { signal: AbortSignal.timeout(200) }).catch(({ name }) => name),
  );
  assert.equal(error, 'TimeoutError');
});

test('a policy without wasm-unsafe-eval: internal, and the message says what to do', { skip }, async () => {
  const { page } = await openPage({ csp: CSP.replace(" 'wasm-unsafe-eval'", '') });
  await useModels(page);
  const error = await page.evaluate(() =>
    lic.decode('/tests/vectors/tiny-1x1.lic').catch(({ code, message }) => ({ code, message })),
  );
  assert.equal(error.code, 'internal');
  assert.match(error.message, /wasm-unsafe-eval/);
});

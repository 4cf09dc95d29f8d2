// Photographs, end to end: what the command encodes and decodes, a browser decodes alike, under the strict policy.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import test from 'node:test';

import { QUALITIES, codeNatively, listPhotos, skip as withoutPhotos } from '../../web/demo/photos.js';
import { skip as withoutBrowser, useBrowser } from '../support/browser.js';

const openPage = useBrowser();

/** In the page: the symbol hash, and the largest difference of the colours from `samples` (red, green, blue). */
async function compareInPage({ file, samples }) {
  const toBytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const bytes = toBytes(file);
  const expected = toBytes(samples);
  const { width, height, data } = await lic.decode(bytes);
  let difference = 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++)
      difference = Math.max(difference, Math.abs(data[pixel * 4 + c] - expected[pixel * 3 + c]));
  }
  return { width, height, difference, symbols: await lic.hashSymbols(bytes) };
}

for (const quality of QUALITIES) {
  test(
    `every photograph at quality ${quality}: native and browser agree`,
    { skip: withoutBrowser || withoutPhotos },
    async () => {
      const { page, problems } = await openPage();
      await page.evaluate(async () => {
        globalThis.lic = await import('/dist/index.js');
      });
      for (const photo of listPhotos()) {
        const native = codeNatively(photo, quality);
        const seen = await page.evaluate(compareInPage, {
          file: native.bytes.toString('base64'),
          samples: native.samples.toString('base64'),
        });
        assert.deepEqual(
          [seen.width, seen.height, seen.symbols],
          [native.width, native.height, native.symbols],
          basename(photo),
        );
        assert.ok(seen.difference <= 1, `${basename(photo)}: ${seen.difference}`);
      }
      assert.deepEqual(problems, []);
    },
  );
}

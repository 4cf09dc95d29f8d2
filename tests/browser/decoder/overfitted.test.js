// Pictures that carry their own networks in a browser: the same bits as everywhere, and a small decoder.

import assert from 'node:assert/strict';
import test from 'node:test';
import { brotliCompressSync } from 'node:zlib';

import { checkExactly, listOverfitted, readRoot } from '../../web/support/vectors.js';
import { skip, unpack, useBrowser } from '../support/browser.js';

const PAGE_BROTLI_BYTES = 45_000;

const openPage = useBrowser();

test('every vector has the pixels of its hash', { skip }, async () => {
  const { page, problems } = await openPage();
  const vectors = listOverfitted();
  assert.ok(vectors.length >= 30);
  const pictures = await page.evaluate(
    async (urls) => {
      const { decode } = await import('/dist/index.js');
      const pictures = await Promise.all(urls.map((url) => decode(url)));
      return pictures.map(({ width, height, data }) => ({ width, height, data: pack(data) }));
    },
    vectors.map(({ file }) => `/tests/vectors/overfitted/${file}`),
  );
  for (const [i, picture] of pictures.entries()) checkExactly({ ...picture, data: unpack(picture.data) }, vectors[i]);
  assert.deepEqual(problems, []);
});

test('<lic-img> loads 45 kB of code, and no weights', { skip }, async () => {
  const loaded = new Set();
  const { page } = await openPage({
    prepare: (page) => page.context().on('request', (request) => loaded.add(new URL(request.url()).pathname)),
  });
  await page.evaluate(async () => {
    await import('/dist/define.js');
    const image = document.createElement('lic-img');
    image.src = '/tests/vectors/overfitted/two-chains.lic';
    document.body.append(image);
    await image.decode();
  });
  const ours = [...loaded].filter((path) => /^\/(dist|models)\//.test(path));
  assert.ok(ours.includes('/dist/worker.js'), ours.join());
  const modules = ours.filter((path) => !path.endsWith('.js'));
  assert.deepEqual(modules, ['/dist/lic-overfitted.wasm']);
  const bytes = ours.reduce((sum, path) => sum + brotliCompressSync(readRoot(path.slice(1))).length, 0);
  assert.ok(bytes <= PAGE_BROTLI_BYTES, `${bytes} bytes`);
});

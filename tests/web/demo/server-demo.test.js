// The server of the demo page: malformed URLs, compression, caching.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { brotliDecompressSync } from 'node:zlib';

import { serve } from '../../../web/demo/serve.js';
import { ask } from '../server/http.js';
import { rootPath } from '../support/vectors.js';

test('a malformed URL is answered 400, and the server goes on', async (context) => {
  const { url, close } = await serve();
  context.after(close);
  const { port } = new URL(url);
  for (const path of ['/%', '/web/demo/%ff', '//']) assert.equal((await ask(port, path)).status, 400, path);
  assert.equal((await ask(port, '/web/demo/none.html')).status, 404);
});

test('code is compressed for clients that take it, pictures and models are not', async (context) => {
  const [plain, packed] = [await serve({ cacheControl: 'max-age=9' }), await serve({ compress: true })];
  context.after(() => [plain, packed].forEach(({ close }) => close()));
  const get = (url, path, encoding) => ask(new URL(url).port, path, { headers: { 'Accept-Encoding': encoding } });
  for (const path of ['/web/demo/demo.js', '/dist/lic.wasm', '/samples/coffee.lic', '/models/lic-photo.dec.licm']) {
    const file = readFileSync(rootPath(path.slice(1)));
    const raw = [await get(plain.url, path, 'gzip, br'), await get(packed.url, path, 'gzip')];
    for (const { body, headers } of raw)
      assert.deepEqual([body.equals(file), headers['content-encoding']], [true, undefined], path);
    assert.equal(raw[0].headers['cache-control'], 'max-age=9');
    const { body, headers } = await get(packed.url, path, 'gzip, br');
    const isCode = /js|wasm/.test(path);
    assert.equal(headers['content-encoding'], isCode ? 'br' : undefined, path);
    assert.ok((isCode ? brotliDecompressSync(body) : body).equals(file), path);
  }
});

// Complaints about what a page gets: other pixels than elsewhere, wrong colours, too many bytes, patched globals. The
// list: tests/web/complaints/README.md.

import assert from 'node:assert/strict';
import { brotliCompressSync } from 'node:zlib';

import { largestDifference, listVectors, readRoot } from '../../web/support/vectors.js';
import { define, useElementPage } from '../element/element-page.js';
import { isFirefox, skip, test, unpack } from '../support/browser.js';

const CODE_BROTLI_BYTES = 25_000;
const RUNTIME_BROTLI_BYTES = 250_000;
const ALL_BYTES = 1_000_000;

const openPage = useElementPage({ defined: false });

test(
  'complaint 1: garbage on another machine. Here both WebAssembly modules give the symbols of the manifest',
  { skip },
  async () => {
    const { page } = await openPage();
    const vectors = listVectors().map(({ file, model, symbols_sha256: hash }) => ({ file, model, hash }));
    const wrong = await page.evaluate(async (vectors) => {
      const { createDecoder } = await import('/dist/index.js');
      const found = [];
      for (const name of ['lic', 'lic-relaxed']) {
        const decoders = new Map();
        for (const { file, model, hash } of vectors) {
          if (!decoders.has(model))
            decoders.set(model, createDecoder({ wasm: `/dist/${name}.wasm`, models: `/${model}`, workers: 1 }));
          if ((await decoders.get(model).hashSymbols(`/tests/vectors/${file}`)) !== hash)
            found.push(`${name}: ${file}`);
        }
        for (const decoder of decoders.values()) decoder.close();
      }
      return found;
    }, vectors);
    assert.ok(vectors.length > 30 && vectors.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash)));
    assert.deepEqual(wrong, []);
  },
);

test(
  'complaint 13: the profile is ignored. Here a Display P3 picture has the colours that an <img> has',
  { skip },
  async () => {
    const { page } = await openPage();
    await define(page);
    // Chromium without a graphics card shows canvases unmanaged: what is compared is what they hold, as sRGB.
    const found = await page.evaluate(async () => {
      const read = (context) => pack(context.getImageData(0, 0, 300, 200, { colorSpace: 'srgb' }).data);
      const contextOf = (image) => image.shadowRoot.querySelector('canvas').getContext('2d');
      const [p3, plain, image] = [
        ['lic-img', 'p3.lic'],
        ['lic-img', 'wide.lic'],
        ['img', 'p3.png'],
      ].map(([tag, name]) => add(tag, { src: `/pictures/${name}` }));
      await Promise.all([p3, plain, image].map((each) => each.decode()));
      const canvas = new OffscreenCanvas(300, 200).getContext('2d');
      canvas.drawImage(image, 0, 0);
      return {
        spaces: [p3, plain].map((each) => contextOf(each).getContextAttributes().colorSpace),
        lic: read(contextOf(p3)),
        plain: read(contextOf(plain)),
        image: read(canvas),
      };
    });
    // Firefox has no such canvas: there the decoder converts.
    assert.deepEqual(found.spaces, [isFirefox ? 'srgb' : 'display-p3', 'srgb']);
    const [lic, image, plain] = [found.lic, found.image, found.plain].map(unpack);
    assert.ok(largestDifference(lic, image) <= 2, `${largestDifference(lic, image)}`);
    assert.ok(largestDifference(lic, plain) > 10, 'the profile changes what is seen');
  },
);

test(
  'complaint 15: too large. Here a page with a picture loads 25 kB of code, 250 kB with the decoder, 1 MB in all',
  { skip },
  async () => {
    const loaded = new Set();
    const { page } = await openPage({
      prepare: (page) => page.context().on('request', (request) => loaded.add(new URL(request.url()).pathname)),
    });
    await page.evaluate(async () => {
      await import('/dist/define.js');
      const image = add('lic-img', { src: '/samples/coffee.lic' });
      await image.decode();
    });
    const ours = [...loaded].filter((path) => /^\/(dist|models)\//.test(path));
    const count = (kind) =>
      ours
        .filter((path) => kind.test(path))
        .reduce((sum, path) => sum + brotliCompressSync(readRoot(path.slice(1))).length, 0);
    const [code, wasm, model] = [count(/\.js$/), count(/\.wasm$/), count(/\.licm$/)];
    assert.ok(ours.includes('/dist/worker.js') && code > 0 && wasm > 0 && model > 0, ours.join());
    assert.ok(code <= CODE_BROTLI_BYTES, `${code} bytes of code`);
    assert.ok(code + wasm <= RUNTIME_BROTLI_BYTES, `${code + wasm} bytes with the decoder`);
    assert.ok(code + wasm + model <= ALL_BYTES, `${code + wasm + model} bytes in all`);
  },
);

test('complaint 20: the page is patched. Here every global, class and prototype is what it was', { skip }, async () => {
  const { page } = await openPage();
  const [changed, noticed] = await page.evaluate(async (source) => {
    const { takeStock } = await import(source);
    const compare = takeStock();
    const { configure, decode } = await import('/dist/index.js');
    configure({ models: '/tests/models/tiny.dec.licm' });
    await decode('/tests/vectors/tiny-33x31.lic');
    await import('/dist/define.js');
    await add('lic-img', { src: '/pictures/wide.lic' }).decode();
    const changed = compare();
    Element.prototype.remove = () => {};
    return [changed, compare()];
  }, '/tests/web/complaints/stock.js');
  assert.deepEqual(changed, []);
  assert.deepEqual(noticed, ['Element.prototype.remove']);
});

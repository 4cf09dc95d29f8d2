// In a browser: bitmaps, previews, strips, bands, both WebAssembly modules, slices of the page's thread, the requests
// of a cold page.

import assert from 'node:assert/strict';
import test from 'node:test';

import { CSP } from '../../../web/demo/serve.js';
import { skip, useBrowser } from '../support/browser.js';

const openPage = useBrowser();
const TINY = '/tests/models/tiny.dec.licm';
const TILES = '/tests/vectors/tiny-tiles-of-1.lic';
const LARGE = '/tests/web/support/large.lic';
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** A page with the package, and what the tests say about pictures. */
async function openLic(options) {
  const opened = await openPage(options);
  await opened.page.evaluate(async () => {
    globalThis.lic = await import('/dist/index.js');
    globalThis.hashOf = async ({ data }) => {
      const digest = await crypto.subtle.digest('SHA-256', data);
      return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    };
    globalThis.difference = (a, b) => a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
  });
  return opened;
}

async function limitWorkers(page, count) {
  await page.addInitScript((value) => Object.defineProperty(navigator, 'hardwareConcurrency', { value }), count);
}

test('a bitmap is made in the worker, of the same pixels', { skip }, async () => {
  const { page, problems } = await openLic();
  const seen = await page.evaluate(
    async ([models, url]) => {
      lic.configure({ models });
      const makeBitmap = globalThis.createImageBitmap;
      let made = 0;
      globalThis.createImageBitmap = (...values) => (++made, makeBitmap(...values));
      const bitmap = await lic.decodeToBitmap(url);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const drawn = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return { made, isBitmap: bitmap instanceof ImageBitmap, difference: difference(drawn, await lic.decode(url)) };
    },
    [TINY, TILES],
  );
  assert.deepEqual(seen, { made: 0, isBitmap: true, difference: 0 });
  assert.deepEqual(problems, []);
});

test('preview, strips, region: as the whole picture says', { skip }, async () => {
  const { page } = await openLic();
  const seen = await page.evaluate(
    async ([models, url]) => {
      lic.configure({ models });
      const events = [];
      let preview;
      const canvas = new OffscreenCanvas(300, 200);
      const context = canvas.getContext('2d');
      const picture = await lic.decode(url, {
        onInfo: ({ width, height }) => events.push(`${width}x${height}`),
        preview: (image) => events.push(`preview ${(preview = image).width}x${image.height}`),
        onProgress: ({ strip }) => strip && (events.push('strip'), context.putImageData(strip.image, 0, strip.y)),
      });
      const painted = context.getImageData(0, 0, 300, 200);
      const region = { x: 70, y: 30, width: 111, height: 99 };
      const part = await lic.decode(url, { region });
      context.putImageData(picture, 0, 0);
      const cut = context.getImageData(region.x, region.y, region.width, region.height);
      return {
        events: events.filter((event, i) => event !== events[i - 1]),
        isImageData: preview instanceof ImageData,
        painted: difference(painted, picture),
        part: difference(part, cut),
      };
    },
    [TINY, TILES],
  );
  assert.deepEqual(seen, { events: ['300x200', 'preview 10x7', 'strip'], isImageData: true, painted: 0, part: 0 });
});

for (const [name, headers] of [
  ['plain', {}],
  ['cross-origin isolated', ISOLATED],
]) {
  test(`bands of a large picture, on a ${name} page: the pixels of one worker`, { skip }, async () => {
    const { page, problems } = await openLic({ headers, prepare: (page) => limitWorkers(page, 4) });
    const seen = await page.evaluate(async (url) => {
      const decode = async (workers) => {
        const decoder = lic.createDecoder({ models: '/tests/models/least.dec.licm', workers });
        const hash = await hashOf(await decoder.decode(url));
        const { most } = decoder.stats().workers;
        decoder.close();
        return { hash, most };
      };
      return { isolated: crossOriginIsolated, one: await decode(1), four: await decode(4) };
    }, LARGE);
    assert.equal(seen.isolated, name !== 'plain');
    assert.equal(seen.one.most, 1);
    assert.ok(seen.four.most > 1, `${seen.four.most} workers`);
    assert.equal(seen.four.hash, seen.one.hash);
    assert.deepEqual(problems, []);
  });
}

test('relaxed SIMD where the browser has it: equal symbols, pixels within 1', { skip }, async () => {
  const { page } = await openLic();
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  const seen = await page.evaluate(async () => {
    const found = [];
    const relaxed = lic.createDecoder();
    const plain = lic.createDecoder({ wasm: '/dist/lic.wasm' });
    for (const url of ['/samples/coffee.lic', '/samples/deep-field.lic', '/tests/vectors/photo-landscape-100.lic']) {
      const [a, b] = [await relaxed.decode(url), await plain.decode(url)];
      const hashes = [await relaxed.hashSymbols(url), await plain.hashSymbols(url)];
      found.push({ difference: difference(a, b), isSame: hashes[0] === hashes[1] });
    }
    const kinds = [relaxed.stats().wasm, plain.stats().wasm];
    const chosen = lic.createDecoder({ wasm: { simd: '/dist/lic.wasm' } });
    await chosen.decode('/tests/vectors/photo-1x1.lic');
    return { found, kinds: [...kinds, chosen.stats().wasm] };
  });
  assert.deepEqual(seen.kinds, ['relaxed', 'given', 'simd']);
  for (const { difference, isSame } of seen.found) assert.ok(difference <= 1 && isSame, JSON.stringify(seen.found));
  assert.ok(requests.includes('/dist/lic-relaxed.wasm'));
});

test('an engine without relaxed SIMD gets the other module', { skip }, async () => {
  const prepare = (page) =>
    page.addInitScript(() => {
      WebAssembly.validate = () => false;
    });
  const { page } = await openLic({ prepare });
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  assert.equal(
    await page.evaluate(async () => (await lic.decode('/tests/vectors/photo-1x1.lic'), lic.stats().wasm)),
    'simd',
  );
  assert.ok(requests.includes('/dist/lic.wasm') && !requests.includes('/dist/lic-relaxed.wasm'));
});

test('without workers: slices of the page are short, bands and bitmaps work', { skip }, async () => {
  const { page } = await openLic({ csp: CSP.replace("worker-src 'self'", "worker-src 'none'") });
  const seen = await page.evaluate(async () => {
    const { width } = await lic.decodeToBitmap('/tests/vectors/photo-1x1.lic');
    const watch = async () => {
      const gaps = [];
      let last = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        channel.port2.postMessage(null);
      };
      channel.port2.postMessage(null);
      await lic.decode('/samples/coffee.lic');
      channel.port1.close();
      return gaps.filter((gap) => gap > 1).sort((a, b) => a - b);
    };
    const rounds = [];
    for (let i = 0; i < 4; ++i) rounds.push(await watch());
    return { width, rounds };
  });
  assert.equal(seen.width, 1);
  const medians = seen.rounds.map((gaps) => gaps[gaps.length >> 1]);
  // Other programs take their share of a busy machine's processors, hence the medians, and the best of them.
  assert.ok(Math.min(...medians) <= 16, `medians of ${medians} ms`);
  assert.equal(page.workers().length, 0);
});

test('info() of a URL asks for the first kilobyte', { skip }, async () => {
  const { page } = await openLic();
  const request = page.waitForRequest((candidate) => candidate.url().endsWith('coffee.lic'));
  const { width } = await page.evaluate(() => lic.info('/samples/coffee.lic'));
  assert.equal((await (await request).allHeaders()).range, 'bytes=0-1023');
  assert.ok(width > 0);
});

test(
  'a cold page asks for picture and worker at once, and for the decoder and the model that the picture names',
  { skip },
  async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const asked = [];
    const { page } = await openLic({
      prepare: (page) =>
        page.route('**/*', async (route) => {
          const path = new URL(route.request().url()).pathname;
          asked.push(path);
          if (path.endsWith('.lic')) await held;
          await route.continue();
        }),
    });
    const decoding = page.evaluate(() => lic.decode('/samples/coffee.lic').then(({ width }) => width));
    await assert.doesNotReject(
      (async () => {
        const wanted = [/worker\.js$/, /coffee\.lic$/];
        const end = performance.now() + 20_000;
        while (!wanted.every((name) => asked.some((path) => name.test(path)))) {
          assert.ok(performance.now() < end, `asked for ${asked}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })(),
    );
    assert.ok(!asked.some((path) => /\.(licm|wasm)$/.test(path)), 'neither before the picture says which');
    release();
    assert.ok((await decoding) > 0);
    assert.deepEqual(asked.filter((path) => /\.(licm|wasm)$/.test(path)).sort(), [
      '/dist/lic-relaxed.wasm',
      '/models/lic-photo.dec.licm',
    ]);
  },
);

test('while the network stalls others are decoded, by the same worker', { skip }, async () => {
  const { page } = await openLic({ prepare: (page) => limitWorkers(page, 1) });
  const seen = await page.evaluate(
    async ([models, url]) => {
      lic.configure({ models });
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      let finish;
      const stalled = lic.decode(
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes.slice(0, 900));
            finish = () => (controller.enqueue(bytes.slice(900)), controller.close());
          },
        }),
      );
      const { width } = await lic.decode('/tests/vectors/tiny-33x31.lic');
      finish();
      return [width, difference(await stalled, await lic.decode(url)), lic.stats().workers.most];
    },
    [TINY, TILES],
  );
  assert.deepEqual(seen, [33, 0, 1]);
});

// What users complain about in other codecs, and must not find here: those of twenty complaints that a browser shows. The others stand in
// tests/web/complaints/*.test.js; number 3, bundlers, in bundlers/bundlers.test.js.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import { CSP } from '../../../web/demo/serve.js';
import { LIC, skip as withoutEncoder } from '../../web/server/site.js';
import { largestDifference, listBad, listVectors, readRoot, rootPath } from '../../web/support/vectors.js';
import { isFirefox, launch, skip, test, unpack } from '../support/browser.js';
import { LARGE, limitWorkers, useModels, watchThread } from '../decoder/decode-page.js';
import { define, useElementPage } from '../element/element-page.js';

const CODE_BROTLI_BYTES = 25_000;
const RUNTIME_BROTLI_BYTES = 250_000;
const ALL_BYTES = 1_000_000;
const FRAME_BYTES = 4000 * 3000 * 4;

const TINY = '/tests/models/tiny.dec.licm';

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

for (const [where, workers] of [
  ['in a worker', "'self'"],
  ['on the page', "'none'"],
]) {
  test(`complaint 6: unsafe-eval. Here a policy without it holds, decoding ${where}`, { skip }, async () => {
    const csp = CSP.replace("worker-src 'self'", `worker-src ${workers}`);
    assert.ok(!/unsafe-(eval|inline)|blob:|data:/.test(csp.replace("'wasm-unsafe-eval'", '')), csp);
    const { page, problems } = await openPage({ csp });
    const seen = await page.evaluate(async () => {
      // What a debugger calls may do what it likes, until it gives the thread back.
      await sleep(0);
      const { configure } = await import('/dist/index.js');
      configure({ models: '/tests/models/tiny.dec.licm' });
      await import('/dist/define.js');
      const image = add('lic-img', { src: '/pictures/wide.lic' });
      await image.decode();
      const violations = [...globalThis.violations];
      let isRefused = false;
      try {
        new Function('return 1')();
      } catch (error) {
        isRefused = error instanceof EvalError;
      }
      return { width: image.naturalWidth, violations, isRefused };
    });
    const isRefusal = (text) => /worker/i.test(text) && workers === "'none'";
    assert.deepEqual([seen.width, seen.isRefused], [300, true]);
    assert.deepEqual(
      seen.violations.filter((text) => !isRefusal(text)),
      [],
    );
    assert.deepEqual(
      problems.filter((text) => !isRefusal(text) && !/unsafe-eval/.test(text)),
      [],
    );
    assert.equal(page.workers().length, workers === "'self'" ? 1 : 0);
  });
}

test(
  'complaint 7: cross-origin isolation is forced. Here a page without it decodes in several workers',
  { skip },
  async () => {
    const { page, problems } = await openPage({ prepare: limitWorkers(3) });
    await useModels(page);
    const seen = await page.evaluate(async (large) => {
      const region = { x: 0, y: 0, width: 4000, height: 3000 };
      const { width } = await lic.decode(large, { region });
      return {
        width,
        workers: lic.stats().workers.most,
        isIsolated: crossOriginIsolated,
        shared: typeof SharedArrayBuffer,
      };
    }, LARGE);
    assert.ok(seen.workers > 1, `${seen.workers} workers`);
    assert.deepEqual([seen.width, seen.isIsolated, seen.shared], [4000, false, 'undefined']);
    assert.deepEqual(problems, []);
  },
);

test(
  'complaint 9: the page freezes. Here its thread has its turns while 48 megapixels are decoded',
  { skip },
  async () => {
    const { page } = await openPage();
    await useModels(page);
    const { longest, turns, whole, width } = await watchThread(page);
    assert.equal(width, 8000);
    assert.ok(
      turns > 10 && longest < whole / 2,
      `${turns} turns, away for ${longest.toFixed()} of ${whole.toFixed()} ms`,
    );
  },
);

test(
  'complaint 10: a worker of another origin may not start. Here what lies on a CDN decodes all the same',
  { skip },
  async () => {
    const cdn = await openPage({ headers: { 'Access-Control-Allow-Origin': '*' } });
    const { origin } = new URL(cdn.url);
    const { page } = await openPage({ csp: CSP.replaceAll("'self'", `'self' ${origin}`) });
    const widths = await page.evaluate(async (base) => {
      const { configure, decode } = await import(`${base}/dist/index.js`);
      configure({ models: '/tests/models/tiny.dec.licm' });
      await import(`${base}/dist/define.js`);
      const image = add('lic-img', { src: '/pictures/wide.lic' });
      await image.decode();
      return [(await decode('/tests/vectors/tiny-33x31.lic')).width, image.naturalWidth];
    }, origin);
    assert.deepEqual(widths, [33, 300]);
    assert.equal(page.workers().length, 0);
  },
);

/** Bytes that belong to the pages of a browser alone. */
async function measurePages(browser, page) {
  const target = await page.context().newCDPSession(page);
  for (let i = 0; i < 3; ++i) await target.send('HeapProfiler.collectGarbage');
  const { processInfo } = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const pids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  assert.ok(pids.length > 0);
  const kilobytes = pids.map((pid) =>
    Number(/^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]),
  );
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024;
}

test(
  'complaint 11: memory is never returned. Here a page is as small after 12 pictures of 12 megapixels as it was',
  { skip },
  async (context) => {
    const { url } = await openPage();
    const browser = await launch();
    context.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${url}tests/browser/support/page.html`);
    await useModels(page);
    const decode = (count) =>
      page.evaluate(
        async ([large, count]) => {
          const region = { x: 0, y: 0, width: 4000, height: 3000 };
          for (let i = 0; i < count; ++i) await lic.decode(large, { region });
          const { peak } = lic.stats().memory;
          lic.close();
          return { peak, ...lic.stats().memory, workers: lic.stats().workers.running };
        },
        [LARGE, count],
      );
    await decode(1);
    await page.waitForTimeout(300);
    const before = await measurePages(browser, page);
    const left = await decode(12);
    await page.waitForTimeout(300);
    assert.ok(left.peak > 0);
    assert.deepEqual([left.bytes, left.workers, page.workers().length], [0, 0, 0]);
    const after = await measurePages(browser, page);
    assert.ok(after - before < FRAME_BYTES / 2, `${((after - before) / 2 ** 20).toFixed(1)} MB more`);
  },
);

/** In the page: canvases as Safari has them on phones. Beyond 2^24 pixels nothing is painted and nothing said. */
function limitCanvases() {
  const { prototype } = CanvasRenderingContext2D;
  const isRefused = ({ canvas }) => canvas.width * canvas.height > 2 ** 24;
  for (const name of ['fillRect', 'clearRect', 'drawImage', 'putImageData']) {
    const original = prototype[name];
    prototype[name] = function (...values) {
      if (!isRefused(this)) original.apply(this, values);
    };
  }
  const { getImageData } = prototype;
  prototype.getImageData = function (x, y, width, height) {
    return isRefused(this) ? new ImageData(width, height) : getImageData.call(this, x, y, width, height);
  };
}

/** A file of 17 megapixels with detail everywhere, alpha at the bottom. */
function encodeWide(folder) {
  const [width, height] = [5001, 3401];
  const pixels = Buffer.alloc(width * height * 4);
  for (let y = 0, at = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x, at += 4) {
      pixels[at] = x >> 4;
      pixels[at + 1] = y >> 4;
      pixels[at + 2] = ((x >> 6) ^ (y >> 6)) & 1 ? 200 : 50;
      pixels[at + 3] = y > 3000 ? x : 255;
    }
  }
  const head = `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n`;
  writeFileSync(join(folder, 'wide.pam'), Buffer.concat([Buffer.from(head), pixels]));
  const file = join(folder, 'wide.lic');
  execFileSync(LIC, [
    'encode',
    join(folder, 'wide.pam'),
    '-o',
    file,
    '--model',
    rootPath('tests/models/tiny.enc.licm'),
    '--effort',
    '0',
    '--quiet',
  ]);
  return readFileSync(file);
}

test(
  'complaint 12: a canvas may be too large. Here the picture is painted on a smaller one',
  { skip: skip || withoutEncoder },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'lic-wide-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const body = encodeWide(folder);
    const { page, problems } = await openPage({
      prepare: (page) => page.route('**/huge.lic', (route) => route.fulfill({ body, contentType: 'image/x-lic' })),
    });
    await page.evaluate(limitCanvases);
    await define(page);
    const seen = await page.evaluate(async () => {
      const image = add('lic-img', { src: '/huge.lic', width: 500 });
      await image.decode();
      const canvas = image.shadowRoot.querySelector('canvas');
      // Means of 2 x 2, by hand, of the rows from 2960 on: of what is opaque, of what is not, and of the last ones.
      const [top, width, height] = [2960, 5001, 441];
      const shown = canvas.getContext('2d').getImageData(0, top / 2, 2501, 221).data;
      const { data } = await (
        await import('/dist/index.js')
      ).decode('/huge.lic', { region: { x: 0, y: top, width, height } });
      let worst = 0;
      for (let i = 0; i < shown.length; i += 4) {
        const [x, y] = [(i / 4) % 2501, Math.floor(i / 4 / 2501)];
        const sum = [0, 0, 0, 0];
        const count = Math.min(2, width - 2 * x) * Math.min(2, height - 2 * y);
        for (let dy = 0; dy < 2 && 2 * y + dy < height; ++dy) {
          for (let dx = 0; dx < 2 && 2 * x + dx < width; ++dx) {
            const at = ((2 * y + dy) * width + 2 * x + dx) * 4;
            for (let c = 0; c < 3; ++c) sum[c] += data[at + c] * data[at + 3];
            sum[3] += data[at + 3];
          }
        }
        // A canvas keeps colours times alpha, in 8 bits: what is nearly transparent has hardly any.
        if (sum[3] / count > 128)
          for (let c = 0; c < 3; ++c) worst = Math.max(worst, Math.abs(shown[i + c] - sum[c] / sum[3]));
        worst = Math.max(worst, Math.abs(shown[i + 3] - sum[3] / count));
      }
      const saved = await createImageBitmap(await image.toBlob('image/jpeg'));
      return {
        natural: [image.naturalWidth, image.naturalHeight],
        size: [canvas.width, canvas.height],
        saved: [saved.width, saved.height],
        ratio: image.clientWidth / image.clientHeight,
        worst,
      };
    });
    assert.deepEqual(
      [seen.natural, seen.size, seen.saved],
      [
        [5001, 3401],
        [2501, 1701],
        [2501, 1701],
      ],
    );
    assert.ok(Math.abs(seen.ratio - 5001 / 3401) < 0.01 && seen.worst <= 1.5, JSON.stringify(seen));
    assert.deepEqual(problems, []);
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

test(
  'complaint 16: every failure is the same error. Here each damaged file gives its code, by way of the worker',
  { skip },
  async () => {
    const { page } = await openPage();
    await useModels(page);
    await page.evaluate((models) => lic.configure({ models }), TINY);
    const bad = [...listBad('.lic'), { name: 'bad/nothing.lic', code: 'io_error' }];
    const found = await page.evaluate(async (bad) => {
      const errors = [];
      for (const { name } of bad) {
        const error = await lic.decode(`/tests/vectors/${name}`).catch((reason) => reason);
        errors.push({
          code: error.code,
          isOurs: error instanceof lic.LicError && error.name === 'LicError',
          message: error.message,
          status: error.details?.status,
        });
      }
      return errors;
    }, bad);
    bad.forEach(({ name, code }, i) =>
      assert.deepEqual([found[i].code, found[i].isOurs, found[i].message.length > 10], [code, true, true], name),
    );
    assert.ok(new Set(found.map(({ code }) => code)).size >= 8);
    assert.equal(found.at(-1).status, 404);
    assert.equal(page.workers().length, 1);
  },
);

/** A server that sends half of a file and no more. */
async function stall(context, file) {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).write(file.subarray(0, file.length >> 1));
    response.on('close', () => server.emit('gone'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => (server.close(), server.closeAllConnections()));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    gone: new Promise((resolve) => server.once('gone', resolve)),
  };
}

test('complaint 17: cancelling does not cancel. Here the fetch ends', { skip, timeout: 30_000 }, async (context) => {
  const { url, gone } = await stall(context, readRoot('tests/web/support/large.lic'));
  const { page } = await openPage({
    csp: CSP.replace("connect-src 'self'", `connect-src 'self' ${new URL(url).origin}`),
  });
  await useModels(page);
  const name = await page.evaluate((url) => {
    const controller = new AbortController();
    return lic
      .decode(url, { signal: controller.signal, onInfo: () => controller.abort() })
      .catch((error) => error.name);
  }, url);
  assert.equal(name, 'AbortError');
  await gone;
});

test(
  'complaint 17: cancelling does not cancel. Here what waits never starts, and the worker that runs stops',
  { skip },
  async () => {
    const { page } = await openPage({ prepare: limitWorkers(1) });
    await useModels(page);
    const seen = await page.evaluate(async (large) => {
      const until = async (condition) => {
        while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const time = async (work) => {
        const start = performance.now();
        await work();
        return performance.now() - start;
      };
      const bytes = await (await fetch(large)).arrayBuffer();
      await lic.decode('/tests/vectors/least-20x20.lic');
      const whole = await time(() => lic.decode(bytes));
      const [running, waiting] = [new AbortController(), new AbortController()];
      const names = [];
      let waitingRows = 0;
      let rows = 0;
      const note = ({ name }) => names.push(name);
      lic.decode(bytes, { signal: running.signal, onProgress: (progress) => (rows = progress.rows) }).catch(note);
      lic
        .decode(bytes, { signal: waiting.signal, onProgress: (progress) => (waitingRows = progress.rows) })
        .catch(note);
      await until(() => rows > 0);
      waiting.abort();
      running.abort();
      // The worker itself says when it is free.
      const stopped = await time(() => until(() => lic.stats().workers.busy === 0));
      const next = await time(() => lic.decode('/tests/vectors/least-20x20.lic'));
      return { names, waitingRows, rows, whole, stopped, next, workers: lic.stats().workers.most };
    }, LARGE);
    assert.deepEqual([seen.names, seen.waitingRows, seen.workers], [['AbortError', 'AbortError'], 0, 1]);
    assert.ok(seen.rows < 6000 && seen.stopped + seen.next < seen.whole / 3, JSON.stringify(seen));
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

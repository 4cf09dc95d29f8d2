// Complaints about large pictures: the thread, memory, canvases. The list: tests/web/complaints/README.md.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LIC, skip as withoutEncoder } from '../../web/server/site.js';
import { rootPath } from '../../web/support/vectors.js';
import { LARGE, useModels, watchThread } from '../decoder/decode-page.js';
import { define, useElementPage } from '../element/element-page.js';
import { launch, skip, test } from '../support/browser.js';

const FRAME_BYTES = 4000 * 3000 * 4;

const openPage = useElementPage({ defined: false });

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

// The evaluation's report, opened as a reader does: from the disk, without a server or a network. It is built anew, of
// two generated pictures and, where photographs are there, one of these.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';

import { listPhotos } from '../../web/demo/photos.js';
import { rootPath } from '../../web/support/vectors.js';
import { launch, skip as withoutBrowser, watch } from '../support/browser.js';

const axe = createRequire(import.meta.url).resolve('axe-core');
const missing = ['/usr/bin/cjpeg', '/usr/bin/cwebp', rootPath('build/release/native/lic')].find(
  (path) => !existsSync(path),
);
const skip = withoutBrowser || (missing && `${missing} is missing`);

const folder = mkdtempSync(join(tmpdir(), 'lic-report-'));
const photo = listPhotos()[0];
const PAGES = [
  'index.html',
  'pictures/shapes.html',
  'pictures/waves & <more> #1.html',
  ...(photo ? ['pictures/kodim01.html'] : []),
];
let browser;

before(async () => {
  if (skip) return;
  const options = ['-m', 'tests.evaluation.sample_report', folder, ...(photo ? [photo] : [])];
  execFileSync('/usr/bin/python3', options, { cwd: rootPath(''), timeout: 600_000 });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** A page of the report, and what it complains about or cannot load. */
async function open(name, { width = 1280, colorScheme = 'light', reducedMotion } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme, reducedMotion, offline: true });
  const problems = watch(page);
  page.on('requestfailed', (request) => problems.push(request.url()));
  page.on('request', (request) => /^(file|data):/.test(request.url()) || problems.push(request.url()));
  await page.goto(String(pathToFileURL(join(folder, 'report', name))));
  return { page, problems };
}

/** In a page: loads what is loaded lazily, and names pictures that could not be. */
async function brokenPictures() {
  const pictures = [...document.images].filter((image) => image.checkVisibility());
  for (const picture of pictures) picture.loading = 'eager';
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
  return pictures.filter(({ naturalWidth, naturalHeight }) => !naturalWidth || !naturalHeight).map(({ src }) => src);
}

/** In a page: pairs of texts that cover each other. What is outside a table's frame does not count. */
function overlaps() {
  // What only screen readers find is clipped to nothing.
  const isClipped = (element) =>
    element && (getComputedStyle(element).clipPath === 'inset(50%)' || isClipped(element.parentElement));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const boxes = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { parentElement: parent } = node;
    if (
      !node.data.trim() ||
      !parent.checkVisibility({ visibilityProperty: true }) ||
      parent.closest('script, style, option')
    )
      continue;
    if (isClipped(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const frame = parent.closest('.scrolling')?.getBoundingClientRect();
    for (const { left, top, right, bottom } of range.getClientRects()) {
      if (!frame || right <= frame.right)
        boxes.push({ text: node.data.trim(), left, top: top + 2, right, bottom: bottom - 2 });
    }
  }
  const found = [];
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) {
      const isApart = a.right - 1 <= b.left || b.right - 1 <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      if (!isApart) found.push(`${a.text} / ${b.text}`);
    }
  });
  return found;
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    test(`every page is whole, ${colorScheme}, ${width} wide`, { skip }, async () => {
      for (const name of PAGES) {
        const { page, problems } = await open(name, { width, colorScheme });
        assert.deepEqual(await page.evaluate(brokenPictures), [], name);
        assert.ok(
          await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          `${name} is wider than the window`,
        );
        assert.deepEqual(await page.evaluate(overlaps), [], name);
        await page.addScriptTag({ path: axe });
        const violations = await page.evaluate(async () =>
          (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
        );
        assert.deepEqual(violations, [], name);
        assert.deepEqual(problems, [], name);
        await page.close();
      }
    });
  }
}

test('on paper nothing is lost: both pictures, all values, no controls', { skip }, async () => {
  for (const name of PAGES) {
    const { page } = await open(name, { width: 700, colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.deepEqual(await page.evaluate(overlaps), [], name);
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      `${name} is wider than the paper`,
    );
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    assert.equal(await page.locator('select:visible, input:visible').count(), 0);
    if (name !== 'index.html') {
      const [a, b] = await page.evaluate(() =>
        ['a', 'b'].map((pane) => document.querySelector(`#pane-${pane} img`).getBoundingClientRect().x),
      );
      assert.ok(b > a + 100);
    }
    assert.ok((await page.pdf({ format: 'A4' })).length > 20_000);
    await page.close();
  }
});

test('curves: values follow the pointer and the slider, codecs can be hidden', { skip }, async () => {
  const { page, problems } = await open('index.html');
  const card = page.locator('.card[data-metric=psnr]');
  const value = async (codec) => Number(await card.locator(`.value-${codec} b`).innerText());
  const chart = card.locator('.chart');
  const before = await value('jpeg');
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await chart.boundingBox();
  await page.mouse.move(x + width * 0.85, y + height / 2);
  const rate = Number(await page.locator('#rate-shown').innerText());
  assert.ok(rate > 0.9 && rate < 1.4, String(rate));
  const higher = await value('jpeg');
  assert.ok(higher > before + 1, `${before} at 0.5, ${higher} at ${rate}`);
  const points = (await card.locator('[data-codec=jpeg][data-points]').getAttribute('data-points'))
    .split(' ')
    .map((pair) => pair.split(',').map(Number));
  const next = points.findIndex(([bpp]) => bpp > rate);
  assert.ok(higher >= points[next - 1][1] - 0.1 && higher <= points[next][1] + 0.1, 'between its neighbours');
  const order = await card.locator('.readout b').allInnerTexts();
  assert.deepEqual(
    order,
    order.toSorted((a, b) => b - a),
  );

  await page.locator('#rate').focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok(Number(await page.locator('#rate-shown').innerText()) <= rate);
  await page.getByRole('checkbox', { name: 'JPEG' }).uncheck();
  assert.equal(await chart.locator('.codec-jpeg').isVisible(), false);
  assert.equal(await card.locator('.value-jpeg').isVisible(), false);
  assert.equal(await chart.locator('.codec-webp').isVisible(), true);
  assert.deepEqual(problems, []);
});

test('summary: cost by another metric, pictures against another codec', { skip }, async () => {
  const { page } = await open('index.html');
  await page.getByRole('radio', { name: 'MS-SSIM' }).check();
  assert.deepEqual(
    await page.locator('[data-cost]:visible').evaluateAll((all) => all.map(({ dataset }) => dataset.cost)),
    ['ms_ssim'],
  );
  const item = page.locator('#gallery li', { hasText: 'shapes' });
  const all = JSON.parse(await item.getAttribute('data-bd'));
  const [metric, rival] = Object.keys(all)[0].split(' ');
  await page.locator('#bd-metric').selectOption(metric);
  await page.locator('#bd-rival').selectOption(rival);
  assert.match(
    await item.locator('b').innerText(),
    new RegExp(`^[+\u2212]${Math.abs(all[`${metric} ${rival}`]).toFixed(1)}.%$`),
  );
  await item.getByRole('link').click();
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'shapes');
  await page.getByRole('link', { name: 'All pictures' }).click();
  assert.match(page.url(), /index\.html#pictures$/);
});

const stageClass = (page) => page.locator('#stage').evaluate(({ className }) => className);
const source = (page, pane) => page.locator(`#pane-${pane} img`).getAttribute('src');

test('viewer: the boundary moves by keys and mouse, enlarged pictures pan', { skip }, async () => {
  const { page, problems } = await open(PAGES[1]);
  const divider = page.getByRole('slider', { name: 'Boundary' });
  const split = async () => Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await split(), 48);
  await page.keyboard.press('End');
  assert.equal(await split(), 100);
  const { x, y, width, height } = await page.locator('#stage').boundingBox();
  await page.mouse.move(x + width * 0.9, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.up();
  assert.equal(await split(), 25);

  await page.getByRole('radio', { name: '4×' }).check();
  const picture = page.locator('#pane-a img');
  const start = await picture.boundingBox();
  assert.equal(Math.round(start.width), 4 * 176);
  await page.mouse.move(x + width * 0.6, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6 - 30, y + height / 2 + 12);
  await page.mouse.up();
  const dragged = await picture.boundingBox();
  assert.deepEqual([dragged.x - start.x, dragged.y - start.y].map(Math.round), [-30, 12]);
  await page.locator('#stage').focus();
  await page.keyboard.press('ArrowDown');
  assert.ok((await picture.boundingBox()).y < dragged.y);
  assert.equal(await split(), 25);
  assert.deepEqual(problems, []);
});

test('viewer: flicker by key, button and clock', { skip }, async () => {
  const { page } = await open(PAGES[1]);
  await page.keyboard.press(' ');
  assert.equal(await page.getByRole('radio', { name: 'Flicker' }).isChecked(), true);
  assert.match(await stageClass(page), /shows-a/);
  assert.equal(await page.locator('#pane-b').isVisible(), false);
  await page.keyboard.press(' ');
  assert.equal(await page.locator('#pane-b').isVisible(), true);
  await page.waitForTimeout(800);
  assert.equal(await page.locator('#pane-b').isVisible(), true, 'by hand it does not go on alone');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForFunction(() => document.getElementById('stage').classList.contains('shows-a'));
  await page.waitForFunction(() => !document.getElementById('stage').classList.contains('shows-a'));
  await page.getByRole('button', { name: 'Pause' }).click();

  const calm = await open(PAGES[1], { reducedMotion: 'reduce' });
  await calm.page.getByRole('radio', { name: 'Flicker' }).check();
  assert.equal(await calm.page.getByRole('button', { name: 'Go on' }).isVisible(), true);
});

test('viewer: codecs, rates, errors, side by side', { skip }, async () => {
  const { page, problems } = await open(PAGES[2]);
  assert.equal(await source(page, 'b'), 'waves%20%26%20%3Cmore%3E%20%231/lic-0.5.webp');
  await page.getByRole('combobox', { name: 'B', exact: true }).selectOption({ label: 'WebP' });
  await page.getByRole('radio', { name: '1', exact: true }).check();
  assert.match(await source(page, 'b'), /webp-1\.webp$/);
  assert.match(await page.locator('#pane-b .tag').innerText(), /^B: WebP, [\d.]+ bpp$/);
  const row = page.locator('[data-rate="1"] tr[data-codec=webp]');
  assert.equal(
    await page.locator('#facts tr', { hasText: 'Bytes' }).locator('td').innerText(),
    await row.locator('td').nth(1).innerText(),
  );
  assert.equal(await page.locator('[data-rate="0.5"]:visible').count(), 0);
  await page.getByRole('button', { name: 'Swap' }).click();
  assert.match(await source(page, 'a'), /webp-1\.webp$/);
  await page.getByLabel('Map of errors').check();
  assert.match(await source(page, 'a'), /webp-1-error\.webp$/);
  assert.match(await source(page, 'b'), /original\.webp$/);
  assert.equal(await page.locator('#scale').isVisible(), true);
  await page.getByRole('radio', { name: 'Side by side' }).check();
  const [a, b] = await Promise.all(['a', 'b'].map((pane) => page.locator(`#pane-${pane}`).boundingBox()));
  assert.ok(b.x >= a.x + a.width && a.width === b.width && a.height === b.height);
  assert.deepEqual(await page.evaluate(brokenPictures), []);
  assert.deepEqual(problems, []);
});

test('crops show the same place of every picture, enlarged by whole numbers', { skip }, async () => {
  for (const [width, scale] of [
    [1280, 3],
    [390, 2],
  ]) {
    const { page } = await open(PAGES[1], { width });
    await page.evaluate(brokenPictures);
    const crops = await page.locator('.crop:visible').evaluateAll((all) =>
      all.map((crop) =>
        [...crop.querySelectorAll('img')].map((image) => {
          const [inner, outer] = [image, image.parentElement].map((of) => of.getBoundingClientRect());
          return {
            x: outer.x - inner.x,
            y: outer.y - inner.y,
            shown: outer.width,
            scale: inner.width / image.naturalWidth,
            name: image.alt,
          };
        }),
      ),
    );
    assert.ok(crops.length >= 2);
    for (const tiles of crops) {
      assert.equal(tiles.length, 4);
      for (const tile of tiles) {
        assert.deepEqual(
          [tile.x, tile.y, tile.shown, tile.scale].map(Math.round),
          [tiles[0].x, tiles[0].y, 80 * scale, scale].map(Math.round),
          tile.name,
        );
      }
    }
  }
});

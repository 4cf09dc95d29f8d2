// The demo page, under the policy that its own server sends.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

import { readRoot, rootPath } from '../../web/support/vectors.js';
import { skip, test, useBrowser } from '../support/browser.js';

const openPage = useBrowser();
const SAMPLES = readdirSync(rootPath('samples')).filter((name) => name.endsWith('.lic'));
const [SAMPLE, OTHER] = SAMPLES;
const axe = createRequire(import.meta.url).resolve('axe-core');

/** A manifest as scripts/demo.sh writes it, with a rival and an original that are icons, and a dial of samples. */
const MANIFEST = [
  {
    name: 'Compared',
    width: 768,
    height: 512,
    lic: { file: 'a.lic', bytes: readRoot(`samples/${SAMPLE}`).length, quality: 50, psnr: 33.3 },
    original: { file: 'o.jpg', bytes: 1_000_000 },
    jpeg: { file: 'a.jpg', bytes: 1234 },
    overfitted: {
      file: 'a.overfitted.lic',
      bytes: 1000,
      parts: {
        networks: 250,
        alpha: 0,
        grids: [1, 0].map((level) => ({
          ...{ chain: level, level, width: 40, height: 30, bytes: 300, zeros: 600, least: -2, most: 5 },
          file: `a.chain0.level${level}.png`,
        })),
      },
    },
    dial: [
      { quality: 10, file: 'a.q10.lic', bytes: 2000, psnr: 27 },
      { quality: 50, file: 'a.lic', bytes: 14_157, psnr: 33.3 },
      { quality: 90, file: 'a.q90.lic', bytes: 30_000, psnr: null },
    ],
  },
];

async function pretendComparison(page, _url, manifest = MANIFEST, missing = /none/) {
  await page.route('**/demo-out/*', (route) => {
    const [name] = route.request().url().split('/').slice(-1);
    if (name === 'manifest.json') return route.fulfill({ json: manifest });
    if (missing.test(name)) return route.fulfill({ status: 404 });
    if (name.endsWith('.lic'))
      return route.fulfill({ path: rootPath(`samples/${name === 'a.q90.lic' ? OTHER : SAMPLE}`) });
    return route.fulfill({ path: rootPath('web/demo/icon.svg'), contentType: 'image/svg+xml' });
  });
}

// What scripts/demo.sh has left in demo-out/ is no matter here.
const pretendNothing = (page) => page.route('**/demo-out/manifest.json', (route) => route.fulfill({ status: 404 }));

async function openDemo(options) {
  const opened = await openPage({ path: 'web/demo/', prepare: pretendNothing, ...options });
  await opened.page.locator('#gallery lic-img').first().waitFor({ timeout: 60_000 });
  return opened;
}

const fact = (page, section, term) =>
  page.locator(`${section} .facts div`, { hasText: term }).locator('dd').innerText();

/** The part of the problems that is not a file that may be absent. */
const serious = (problems) => problems.filter((problem) => !/404 \(Not Found\)/.test(problem));

test('it opens with a picture, its facts, live numbers and the gallery, and violates no policy', { skip }, async () => {
  const { page, problems } = await openDemo();
  assert.match(
    await fact(page, '#compare', 'Size'),
    new RegExp(readRoot(`samples/${SAMPLE}`).length.toLocaleString('en')),
  );
  assert.match(await fact(page, '#compare', 'Bits per pixel'), /^\d\.\d{3}/);
  assert.match(await fact(page, '#compare', 'Decode time'), /^\d+(\.\d)? ms/);
  assert.match(await page.locator('#compare .note').innerText(), /no files of other formats/);
  assert.equal(await page.locator('#quality').isHidden(), true);
  assert.equal(await page.locator('#gallery lic-img').count(), SAMPLES.length);
  await page.locator('#gallery').scrollIntoViewIfNeeded();
  await page.getByText(`${SAMPLES.length} of ${SAMPLES.length} so far`).waitFor();
  await page.locator('#live div', { hasText: `${SAMPLES.length + 1} pictures` }).waitFor();
  assert.match(await page.locator('#live div', { hasText: 'Memory' }).innerText(), /MB/);
  assert.match(await page.locator('#live div', { hasText: 'Code and weights' }).innerText(), /[1-9].* [kM]B/);
  assert.deepEqual(serious(problems), []);
  assert.deepEqual(await page.evaluate('violations'), []);
});

test('a dropped file is shown, a picked one too, a bad one is explained, a shown one is saved', { skip }, async () => {
  const { page } = await openDemo();
  const drop = async (name, bytes) => {
    const transfer = await page.evaluateHandle(
      ([fileName, base64]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], fileName));
        return data;
      },
      [name, bytes.toString('base64')],
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  };
  const problem = page.locator('#own .problem');
  await drop('bad.lic', readRoot('tests/vectors/bad/bad_header-width-0.lic'));
  await problem.waitFor();
  assert.match(await problem.innerText(), /bad\.lic.*bad_header/);
  await drop('dropped.lic', readRoot(`samples/${OTHER}`));
  await page.getByRole('img', { name: 'dropped.lic' }).waitFor();
  assert.equal(await problem.isHidden(), true);
  await page.locator('#file').setInputFiles(rootPath(`samples/${SAMPLE}`));
  await page.getByRole('img', { name: SAMPLE }).waitFor();
  assert.match(await fact(page, '#own', 'Size'), /bytes/);
  const link = await page.evaluate(
    () =>
      new Promise((resolve) => {
        HTMLAnchorElement.prototype.click = async function () {
          const bytes = new Uint8Array(
            await new Promise((done) =>
              document.querySelector('#own canvas').toBlob(async (blob) => done(await blob.arrayBuffer())),
            ),
          );
          resolve([this.download, this.protocol, ...bytes.slice(1, 4)]);
        };
        document.getElementById('save').click();
      }),
  );
  assert.deepEqual(link, [SAMPLE.replace('.lic', '.png'), 'blob:', 0x50, 0x4e, 0x47]);
});

test('beside a rival: the boundary moves by keys and pointer, zoom pans', { skip }, async () => {
  const { page } = await openDemo({ prepare: pretendComparison });
  assert.equal(await page.locator('#compare .tag.right').innerText(), 'JPEG 1.2 kB');
  assert.match(await fact(page, '#compare', 'Size'), /^\d+\.\d kB\n\d\.\d % of the original/);
  const divider = page.locator('#compare').getByRole('slider');
  const split = async () => Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await split(), 48);
  assert.match(await divider.getAttribute('aria-valuetext'), /^48 % LIC .* 52 % JPEG/);
  const { x, y, width, height } = await page.locator('#compare .stage').boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.up();
  assert.equal(await split(), 25);
  await page.getByText('3×').click();
  await page.mouse.move(x + width * 0.6, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6 - 40, y + height / 2 + 10);
  await page.mouse.up();
  assert.equal(await split(), 25);
  assert.deepEqual(
    await page.evaluate(() =>
      ['--x', '--y'].map((name) => document.querySelector('#compare .stage').style.getPropertyValue(name)),
    ),
    ['-40px', '10px'],
  );
  await page.getByText('None', { exact: true }).click();
  assert.equal(await divider.isHidden(), true);
});

test('another coding stands beside it, and the parts of an overfitted file are shown', { skip }, async () => {
  const { page, problems } = await openDemo({ prepare: pretendComparison });
  await page.getByText('Overfitted', { exact: true }).click();
  await page.locator('#compare .over lic-img[alt="Compared, Overfitted"]').waitFor();
  assert.equal(await page.locator('#compare .tag.right').innerText(), 'Overfitted 1.0 kB');
  assert.match(await fact(page, '#made', 'Networks'), /^250 B\n25\.0 % of the file/);
  assert.match(await fact(page, '#made', 'Grids'), /^600 B\n60\.0 %/);
  assert.match(await fact(page, '#made', 'Header and the rest'), /^150 B/);
  assert.deepEqual(await page.locator('#made h3').allInnerTexts(), ['Main chain, 300 B', 'Colour chain 1, 300 B']);
  const [first, second] = await page.locator('#made li').allInnerTexts();
  assert.match(first, /1:1 40\s×\s30, 300\sB, 50\s%\szeros, −2\sto\s5/);
  assert.match(second, /1:2 /);
  await page.locator('#next').click();
  await page.locator('#made').waitFor({ state: 'hidden' });
  assert.deepEqual(serious(problems), []);
});

test('pictures are chosen by the list, its buttons and the gallery; what is beside them stays', { skip }, async () => {
  const { page } = await openDemo({ prepare: pretendComparison });
  const shown = (name) => page.locator(`#compare lic-img[alt="${name}, LIC"]`).waitFor();
  const titles = await page.locator('#picture option').allInnerTexts();
  assert.equal(titles.length, SAMPLES.length + 1);
  await page.locator('#next').click();
  await shown(titles[1]);
  assert.equal(await page.locator('#rivals').isHidden(), true);
  await page.locator('#before').click();
  await page.locator('#before').click();
  await shown(titles.at(-1));
  await page.locator('#picture').selectOption(titles[2]);
  await shown(titles[2]);
  await page.locator('#gallery button').first().click();
  await shown('Compared');
  assert.equal(await page.locator('#compare .tag.right').innerText(), 'JPEG 1.2 kB');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'compare');
});

test('the dial turns by keys, shows each file and its figures, and the original beside it', { skip }, async () => {
  const { page } = await openDemo({ prepare: pretendComparison });
  const dial = page.getByRole('slider', { name: 'Quality' });
  await dial.waitFor();
  assert.equal(await page.locator('#dial-value').innerText(), '50');
  assert.match(await fact(page, '#quality', 'PSNR'), /33\.3 dB/);
  await dial.focus();
  await page.keyboard.press('End');
  assert.equal(await page.locator('#dial-value').innerText(), '90');
  assert.equal(await dial.getAttribute('aria-valuetext'), '90, 30.0 kB');
  await page.waitForFunction(
    (name) => document.querySelector('#quality lic-img').currentSrc.endsWith(name),
    'a.q90.lic',
  );
  assert.equal(await page.locator('#chart circle').last().getAttribute('class'), 'current');
  assert.equal(await page.locator('#quality .facts', { hasText: 'PSNR' }).count(), 0);
  await page.getByLabel('Beside the original').check();
  assert.equal(await page.locator('#quality .tag.right').innerText(), 'Original 1.00 MB');
});

test('where files are missing or a manifest is odd, the page says so and goes on', { skip }, async () => {
  const manifest = [...MANIFEST, { name: 'odd' }];
  const { page } = await openDemo({
    prepare: (page) => pretendComparison(page, '', manifest, /^a\.(jpg|q10)|^o\.jpg/),
  });
  assert.match(await page.locator('#problem').innerText(), /manifest\.json describes a picture/);
  await page.locator('#compare .problem', { hasText: 'The JPEG file of Compared cannot be shown' }).waitFor();
  assert.equal(await page.locator('#compare .divider').isHidden(), true);
  await page.locator('#dial').fill('0');
  await page
    .locator('#quality .problem', { hasText: 'The file of quality 10 cannot be shown: the server answered 404' })
    .waitFor();
  await page.locator('#dial').fill('1');
  await page.locator('#quality .problem').waitFor({ state: 'hidden' });
  await page.getByLabel('Beside the original').check();
  await page.locator('#quality .problem', { hasText: 'The original cannot be shown' }).waitFor();
});

test('a .lic file that is missing, and no pictures at all', { skip }, async () => {
  const { page } = await openDemo({ prepare: (page) => pretendComparison(page, '', MANIFEST, /a\.lic/) });
  await page.locator('#compare .problem', { hasText: 'Compared cannot be shown: the server answered 404' }).waitFor();
  await page.locator('#gallery').scrollIntoViewIfNeeded();
  await page.locator('#gallery .failure', { hasText: 'cannot be shown' }).waitFor();
  const empty = await openPage({
    path: 'web/demo/',
    prepare: (page) =>
      page.route(/(manifest|samples)\.json$/, (route) =>
        route.request().url().includes('samples') ? route.fulfill({ body: 'no JSON' }) : route.fulfill({ status: 404 }),
      ),
  });
  await empty.page.locator('#gallery-state', { hasText: 'There are no pictures here' }).waitFor();
  assert.match(await empty.page.locator('#problem').innerText(), /samples\.json cannot be read/);
});

test('light or dark is kept', { skip }, async () => {
  const { page } = await openDemo({ context: { colorScheme: 'light' } });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Dark colours' }).click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
  assert.equal(await page.getByRole('button', { name: 'Dark colours' }).getAttribute('aria-pressed'), 'true');
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1440]) {
    test(`accessible and within the page, ${colorScheme}, ${width} wide`, { skip }, async () => {
      const { page } = await openDemo({
        prepare: pretendComparison,
        context: { colorScheme, viewport: { width, height: 844 }, bypassCSP: true },
      });
      await page.locator('#file').setInputFiles(rootPath(`samples/${SAMPLE}`));
      await page.locator('#own-shown').waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await page.addScriptTag({ path: axe });
      const violations = await page.evaluate(async () =>
        (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      );
      assert.deepEqual(violations, []);
    });
  }
}

// The demo page, under the policy that its own server sends.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

import { readRoot, rootPath } from '../web/vectors.js';
import { skip, test, useBrowser } from './browser.js';

const openPage = useBrowser();
const [SAMPLE, OTHER] = readdirSync(rootPath('samples')).filter((name) => name.endsWith('.lic'));
const axe = createRequire(import.meta.url).resolve('axe-core');

/** A manifest as scripts/demo.sh writes it, with a rival that is an icon. */
async function pretendComparison(page) {
  const manifest = [{
    name: 'Compared',
    width: 768,
    height: 512,
    lic: { file: 'a.lic', bytes: readRoot(`samples/${SAMPLE}`).length },
    jpeg: { file: 'a.jpg', bytes: 1234 },
  }];
  await page.route('**/demo-out/manifest.json', (route) => route.fulfill({ json: manifest }));
  await page.route('**/demo-out/a.lic', (route) => route.fulfill({ path: rootPath(`samples/${SAMPLE}`) }));
  await page.route('**/demo-out/a.jpg', (route) => route.fulfill({ path: rootPath('web/demo/icon.svg'), contentType: 'image/svg+xml' }));
}

// What scripts/demo.sh has left in demo-out/ is no matter here.
const pretendNothing = (page) => page.route('**/demo-out/manifest.json', (route) => route.fulfill({ status: 404 }));

const openDemo = (options) => openPage({ path: 'web/demo/', prepare: pretendNothing, ...options });
const factsShown = (page) => page.locator('#facts div').first().waitFor({ timeout: 60_000 });
const fact = (page, term) => page.locator('#facts div', { hasText: term }).locator('dd').innerText();

/** The part of the problems that is not a file that may be absent. */
const serious = (problems) => problems.filter((problem) => !/404 \(Not Found\)/.test(problem));

test('it opens with a picture, its facts and the gallery, and violates no policy', { skip }, async () => {
  const { page, problems } = await openDemo();
  await factsShown(page);
  assert.match(await fact(page, 'Size'), new RegExp(readRoot(`samples/${SAMPLE}`).length.toLocaleString('en')));
  assert.match(await fact(page, 'Bits per pixel'), /^\d\.\d{3}/);
  assert.match(await fact(page, 'Decode time'), /^\d+ ms/);
  assert.ok((await page.locator('.gallery lic-img').count()) > 0);
  assert.deepEqual(serious(problems), []);
  assert.deepEqual(await page.evaluate('violations'), []);
});

test('a dropped file is shown, a picked one too, a bad one is explained', { skip }, async () => {
  const { page } = await openDemo();
  await factsShown(page);
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
  await drop('bad.lic', readRoot('tests/vectors/bad/bad_header-width-0.lic'));
  await page.locator('#problem').waitFor();
  assert.match(await page.locator('#problem').innerText(), /bad\.lic.*bad_header/);
  await drop('dropped.lic', readRoot(`samples/${OTHER}`));
  await page.getByRole('img', { name: 'dropped.lic' }).waitFor();
  assert.equal(await page.locator('#problem').isHidden(), true);
  await page.locator('#file').setInputFiles(rootPath(`samples/${SAMPLE}`));
  await page.getByRole('img', { name: SAMPLE }).waitFor();
});

test('beside a rival: the boundary moves by keys and pointer, zoom pans', { skip }, async () => {
  const { page } = await openDemo({ prepare: pretendComparison });
  await factsShown(page);
  assert.equal(await page.locator('#right-tag').innerText(), 'JPEG 1.2 kB');
  const divider = page.getByRole('slider');
  const split = async () => Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await split(), 48);
  const { x, y, width, height } = await page.locator('#stage').boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.up();
  assert.equal(await split(), 25);
  await page.getByText('300', { exact: false }).click();
  await page.mouse.move(x + width * 0.6, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6 - 40, y + height / 2 + 10);
  await page.mouse.up();
  assert.equal(await split(), 25);
  assert.deepEqual(await page.evaluate(() => ['--x', '--y'].map((name) => document.getElementById('stage').style.getPropertyValue(name))), ['-40px', '10px']);
  await page.getByText('Nothing', { exact: true }).click();
  assert.equal(await divider.isHidden(), true);
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    test(`accessible and within the page, ${colorScheme}, ${width} wide`, { skip }, async () => {
      const { page } = await openDemo({ prepare: pretendComparison, context: { colorScheme, viewport: { width, height: 800 }, bypassCSP: true } });
      await factsShown(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await page.addScriptTag({ path: axe });
      const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
      assert.deepEqual(violations, []);
    });
  }
}

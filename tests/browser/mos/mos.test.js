// The page of subjective tests: pictures pixel by pixel, keys, pauses, reloads, lost connections, small windows,
// accessibility.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';

import { look, signIn, skip, takePart, TOKEN, useScreen, useStudies, visibleFiles, whatWaits } from './mos.js';

const openStudy = useStudies();
const openTest = useScreen();
const screens = Object.fromEntries([1.25, 1.5, 2].map((ratio) => [ratio, useScreen(ratio)]));
const axe = createRequire(import.meta.url).resolve('axe-core');

const exported = async ({ url }) => {
  const lines = await (await fetch(`${url}results`, { headers: { Authorization: `Bearer ${TOKEN}` } })).text();
  return lines
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
};

/** Signs in and goes on to the first item of the test. */
async function reachTest(page, name = 'anna') {
  await signIn(page, name);
  while (
    !/ of /.test(await page.locator('#position').innerText()) ||
    /Example/.test(await page.locator('#position').innerText())
  ) {
    if ((await whatWaits(page)) === 'item') await answer(page, 1);
    else await page.keyboard.press('Enter');
    await page.waitForTimeout(20);
  }
  await whatWaits(page);
}

async function answer(page, key) {
  await look(page);
  await page.keyboard.press(String(key));
  await page.keyboard.press('Enter');
}

/** Where a picture lies in a screenshot, pixel for pixel; null: nowhere. Both are PNG files. */
const find = (page, picture, screenshot) =>
  page.evaluate(
    async (files) => {
      const [part, whole] = await Promise.all(
        files.map(async (base64) => {
          const bitmap = await createImageBitmap(
            new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: 'image/png' }),
          );
          const { width, height } = bitmap;
          const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
          context.drawImage(bitmap, 0, 0);
          return { width, height, pixels: new Uint32Array(context.getImageData(0, 0, width, height).data.buffer) };
        }),
      );
      const isAt = (left, top) => {
        for (let at = 0; at < part.pixels.length; at++) {
          const y = Math.floor(at / part.width);
          if (part.pixels[at] !== whole.pixels[(top + y) * whole.width + left + (at - y * part.width)]) return false;
        }
        return true;
      };
      for (let top = 0; top <= whole.height - part.height; top++) {
        for (let left = 0; left <= whole.width - part.width; left++) {
          if (isAt(left, top)) return { left, top };
        }
      }
      return null;
    },
    [picture, screenshot].map((file) => file.toString('base64')),
  );

for (const [ratio, open] of Object.entries({ 1: openTest, ...screens })) {
  for (const [method, layout] of [
    ['acr', 'alternate'],
    ['pair', 'beside'],
  ]) {
    test(
      `pictures are on the screen pixel by pixel: ${ratio} device pixels for each CSS pixel, ${method}`,
      { skip },
      async () => {
        const { study, url } = await openStudy(method, ['--layout', layout]);
        const page = await open(url, { width: 701, height: 503 });
        await reachTest(page);
        const shot = await page.screenshot();
        const files = await visibleFiles(page);
        assert.equal(files.length, method === 'acr' ? 1 : 2);
        const places = [];
        for (const file of files) {
          const place = await find(page, readFileSync(join(study, 'public', file)), shot);
          assert.ok(place, `${file} is not on the screen as it is`);
          places.push(place);
        }
        if (places.length === 2) assert.ok(places[1].left >= places[0].left + 240 + Math.floor(24 * ratio) - 1);
        await page.close();
      },
    );
  }
}

test('keys: digits, arrows, Enter, Space, P; nothing is taken too early', { skip }, async () => {
  const { url } = await openStudy('pair', ['--ties', '--gap', '0.05']);
  const page = await openTest(url);
  await reachTest(page);
  const hint = () => page.locator('#hint').innerText();
  const chosen = () => page.$$eval('#options input', (radios) => radios.findIndex((radio) => radio.checked));
  const position = await page.locator('#position').innerText();
  await page.waitForSelector('#stage img.shown');
  const [first] = await visibleFiles(page);
  await page.keyboard.press('1');
  await page.keyboard.press('Enter');
  assert.match(await hint(), /Look at both/);
  await page.keyboard.press(' ');
  assert.deepEqual(await visibleFiles(page), [], 'grey between the pictures');
  await page.waitForSelector('#stage img.shown');
  assert.notEqual((await visibleFiles(page))[0], first);
  for (const [key, index] of [
    ['ArrowLeft', 0],
    ['ArrowRight', 1],
    ['ArrowRight', 2],
    ['ArrowRight', 2],
    ['ArrowDown', 1],
    ['3', 2],
    ['ArrowLeft', 1],
  ]) {
    await page.keyboard.press(key);
    assert.equal(await chosen(), index, key);
  }
  await page.keyboard.press('4');
  assert.equal(await chosen(), 1, 'there is no fourth answer');
  await page.keyboard.press('p');
  await page.locator('#card-title', { hasText: 'Pause' }).waitFor();
  assert.deepEqual(await visibleFiles(page), []);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#stage img.shown');
  assert.equal(await page.locator('#position').innerText(), position);
  assert.equal(await chosen(), 1, 'the choice outlives the pause');
  await page.keyboard.press('Enter');
  await page.waitForFunction((before) => document.querySelector('#position').textContent !== before, position);
  await whatWaits(page);
  assert.equal(await chosen(), -1);
  await page.close();
});

test('an answer needs its time; the clock stands still in pauses', { skip }, async () => {
  const { url } = await openStudy('acr', ['--least', '1.5']);
  const page = await openTest(url);
  await signIn(page, 'anna');
  await whatWaits(page);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#stage img.shown');
  await page.keyboard.press('p');
  await page.waitForTimeout(1600);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#stage img.shown');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#hint').innerText(), /Choose an answer/);
  await page.keyboard.press('4');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#hint').innerText(), /little longer/);
  await page.waitForTimeout(1600);
  await page.keyboard.press('Enter');
  await page.locator('#card[open]').waitFor();
  const [saved] = await page.evaluate(() => Object.values(localStorage).map((text) => JSON.parse(text)));
  assert.equal(saved.result.pauses, 1);
  assert.ok(saved.result.training[0].seconds >= 1.5 && saved.result.training[0].seconds < 20);
  await page.close();
});

test('training says whether an answer was to be expected', { skip }, async () => {
  const { url, plan } = await openStudy('acr');
  const page = await openTest(url);
  await signIn(page, 'anna');
  await whatWaits(page);
  await page.keyboard.press('Enter');
  for (const { expect, feedback } of plan.training) {
    await whatWaits(page);
    const wrong = [1, 2, 3, 4, 5].find((value) => !expect.includes(value));
    await page.keyboard.press(String(wrong));
    await page.keyboard.press('Enter');
    await page.locator('#card[open]').waitFor();
    assert.equal(
      await page.locator('#card-title').innerText(),
      expect.length ? 'Most people see it differently' : 'Good',
    );
    assert.equal(await page.locator('#card-text').innerText(), feedback);
    await page.keyboard.press('Enter');
  }
  await page.locator('#card-title', { hasText: 'Now the test' }).waitFor();
  await page.close();
});

test('a reload loses nothing: the session goes on where it was, in the same order', { skip }, async () => {
  const opened = await openStudy('acr', ['--traps', '2', '--repeats', '0', '--training-images', '2']);
  const page = await openTest(opened.url);
  await reachTest(page);
  for (let item = 0; item < 12; item++) {
    const before = await page.locator('#position').innerText();
    await page.keyboard.press('3');
    await page.keyboard.press('Enter');
    await page.waitForFunction((text) => document.querySelector('#position').textContent !== text, before);
    await whatWaits(page);
  }
  const position = await page.locator('#position').innerText();
  const files = await visibleFiles(page);
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/results')),
  );
  await page.reload();
  await page.locator('#continue', { hasText: 'Continue as anna, after 12 answers' }).waitFor();
  await page.keyboard.press('Enter');
  await whatWaits(page);
  assert.equal(await page.locator('#position').innerText(), position);
  assert.deepEqual(await visibleFiles(page), files);
  for (;;) {
    if ((await whatWaits(page)) === 'card') break;
    await page.keyboard.press('4');
    await page.keyboard.press('Enter');
  }
  await page.locator('#card-text', { hasText: 'have arrived' }).waitFor();
  const [result, ...others] = await exported(opened);
  assert.equal(others.length, 0);
  assert.equal(result.answers.length, opened.plan.items.length);
  assert.deepEqual(
    result.answers.slice(0, 12).map(({ value }) => value),
    Array(12).fill(3),
  );
  await page.close();
});

test('a lost connection: the page tries again, offers a file, and sends the answers later', { skip }, async () => {
  const opened = await openStudy('acr', ['--traps', '0', '--repeats', '0', '--training-images', '3']);
  const page = await openTest(opened.url);
  await page.route('**/results', (route) => route.abort());
  await page.clock.install();
  const done = takePart(page, 'anna', () => 2);
  const pump = setInterval(() => page.clock.runFor(500).catch(() => {}), 50); // the pauses between the tries
  await done;
  clearInterval(pump);
  await page.locator('#card-text', { hasText: 'could not be sent: the server could not be reached' }).waitFor();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download your answers' }).click();
  const file = JSON.parse(readFileSync(await (await downloading).path(), 'utf8'));
  assert.equal(file.answers.length, opened.plan.items.length);
  assert.deepEqual(await exported(opened), []);
  await page.unroute('**/results');
  await page.reload();
  await page.waitForFunction(() => localStorage.length === 0);
  assert.deepEqual(await exported(opened), [file]);
  await page.close();
});

test('without an endpoint raters download their answers; a kept file can be had later', { skip }, async () => {
  const opened = await openStudy('acr', [
    '--traps',
    '0',
    '--repeats',
    '0',
    '--training-images',
    '3',
    '--collect',
    'none',
  ]);
  const page = await openTest(opened.url);
  await takePart(page, 'anna', () => 2);
  assert.match(await page.locator('#card-text').innerText(), /Please download your answers/);
  await page.getByRole('button', { name: 'Another person' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the answers of anna' }).click();
  const path = await (await downloading).path();
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).rater, 'anna');
  assert.deepEqual(await exported(opened), []);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test('windows that are too small, and magnified pages, are refused until that is mended', { skip }, async () => {
  const { url } = await openStudy('acr');
  const page = await openTest(url);
  await reachTest(page);
  await page.setViewportSize({ width: 200, height: 400 });
  await page.locator('#blocked[open]').waitFor();
  assert.match(
    await page.locator('#blocked-text').innerText(),
    /room for pictures of 200 × \d+ pixels; the largest needs 240 × 160/,
  );
  await page.keyboard.press('3');
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#blocked[open]').isVisible(), 'keys do nothing meanwhile');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator('#blocked[open]').waitFor({ state: 'detached' });
  assert.equal((await visibleFiles(page)).length, 1);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
  await page.locator('#blocked-text', { hasText: 'Pinch it back' }).waitFor();
  await session.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1 });
  await page.locator('#blocked[open]').waitFor({ state: 'detached' });
  await page.close();
});

test('pictures are there before they are needed; one that is missing is asked for again', { skip }, async () => {
  const { url, plan } = await openStudy('acr', ['--training-images', '0']);
  const page = await openTest(url);
  const requested = [];
  page.on('request', (request) => requested.push(request.url()));
  await reachTest(page);
  const shown = new Set(plan.training.map(({ pictures }) => pictures[0]));
  await page.waitForTimeout(300);
  const ahead = new Set(
    requested
      .filter((name) => /pictures\//.test(name))
      .map((name) => name.match(/(\w+)\.png/)[1])
      .filter((name) => !shown.has(name)),
  );
  assert.ok(ahead.size >= 1 && ahead.size <= 4, `${ahead.size} of the test's pictures are loaded at its first item`);
  await page.close();

  const broken = await openTest(url);
  await broken.clock.install();
  let isDown = true;
  await broken.route('**/pictures/*', (route) => (isDown ? route.abort() : route.continue()));
  await signIn(broken, 'bert');
  await whatWaits(broken);
  await broken.keyboard.press('Enter');
  const pump = setInterval(() => broken.clock.runFor(500).catch(() => {}), 50);
  await broken.locator('#card-title', { hasText: 'A picture is missing' }).waitFor();
  clearInterval(pump);
  isDown = false;
  await broken.clock.resume();
  await broken.keyboard.press('Enter');
  assert.equal(await whatWaits(broken), 'item');
  await broken.close();
});

test('a plan that is damaged or missing is said to be', { skip }, async () => {
  const { url } = await openStudy('acr');
  for (const [body, words] of [
    ['{"format": "lic-mos-plan"}', /plan\.json is damaged\. \/: lacks version/],
    [null, /plan\.json could not be loaded: 404/],
  ]) {
    const blank = await openTest(url);
    await blank.route('**/plan.json', (route) =>
      body ? route.fulfill({ body }) : route.fulfill({ status: 404, body: '' }),
    );
    await blank.reload();
    await blank.locator('#card[open]').waitFor();
    assert.match(await blank.locator('#card-text').innerText(), words);
    await blank.close();
  }
});

for (const width of [390, 1280]) {
  test(`accessible, and within the window, in every phase: ${width} wide`, { skip }, async () => {
    const { url } = await openStudy('dsis');
    const page = await openTest(url, { width, height: 800, bypassCSP: true });
    const check = async (phase) => {
      if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ path: axe });
      const violations = await page.evaluate(async () =>
        (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      );
      assert.deepEqual(violations, [], phase);
      const beyond = await page.evaluate(() =>
        [...document.querySelectorAll('body *')]
          .filter((element) => {
            const box = element.getBoundingClientRect();
            return (
              element.checkVisibility() &&
              !element.closest('.hidden-visually, .options input') &&
              box.right > innerWidth + 0.5
            );
          })
          .map((element) => element.id || element.tagName),
      );
      assert.deepEqual(beyond, [], phase);
    };
    await check('welcome');
    await signIn(page, 'anna');
    await whatWaits(page);
    await check('training card');
    await page.keyboard.press('Enter');
    await whatWaits(page);
    await check('item');
    await answer(page, 2);
    await page.locator('#card[open]').waitFor();
    await check('feedback');
    await page.setViewportSize({ width: 300, height: 330 });
    await page.locator('#blocked[open]').waitFor();
    await check('blocked');
    await page.close();
  });
}

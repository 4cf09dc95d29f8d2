// Studies for the tests of web/mos/, and raters who take part in them through the real page.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { serveStudy } from '../../../web/mos/server.js';
import { executablePath, skip as noBrowser } from '../support/browser.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PYTHONS = [process.env.LIC_PYTHON, '/usr/bin/python3', 'python3'];
const python = PYTHONS.find((name) => name && spawnSync(name, ['-c', 'import numpy']).status === 0);

/** For `test(name, {skip}, ...)`. */
export const skip = noBrowser || (python ? false : 'Python with numpy is missing');

export const TOKEN = 'a secret of the tests';

/** Runs lic-mos; gives what it prints. */
export function licMos(...options) {
  const env = { ...process.env, LIC_PYTHON: python };
  return execFileSync(join(ROOT, 'models/evaluation/lic-mos'), options, { encoding: 'utf8', env });
}

export const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));

/** A folder with generated pictures for the calling file's studies; gives a function that makes and serves a study. */
export function useStudies() {
  let folder;
  let count = 0;
  const running = [];
  before(() => {
    if (skip) return;
    folder = mkdtempSync(join(tmpdir(), 'lic-mos-'));
    execFileSync(python, ['-m', 'tests.evaluation.mos.study_pictures', join(folder, 'pictures')], { cwd: ROOT });
  });
  after(async () => {
    for (const { close } of running.splice(0)) await close();
    if (folder) rmSync(folder, { recursive: true });
  });

  return async function openStudy(method, options = [], server = {}) {
    const study = join(folder, `study${count++}`);
    licMos(
      'plan',
      study,
      '--method',
      method,
      '--table',
      join(folder, 'pictures/table.csv'),
      '--gap',
      '0',
      '--least',
      '0',
      ...options,
    );
    const served = await serveStudy(study, { token: TOKEN, ...server });
    running.push(served);
    const close = () => running.splice(running.indexOf(served), 1)[0].close();
    return {
      study,
      url: served.url,
      close,
      plan: readJson(study, 'public/plan.json'),
      key: readJson(study, 'key.json'),
    };
  };
}

/** One browser for the calling file, whose screen has `ratio` device pixels for each CSS pixel. */
export function useScreen(ratio = 1) {
  let browser;
  after(async () => (await browser)?.close());
  return async function openTest(url, { width = 1280, height = 800, ...context } = {}) {
    browser ??= chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-dev-shm-usage', `--force-device-scale-factor=${ratio}`],
    });
    const page = await (await browser).newPage({ viewport: { width, height }, deviceScaleFactor: ratio, ...context });
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
    await page.goto(url);
    await page.locator('#welcome[open], #card[open]').first().waitFor();
    return page;
  };
}

export async function signIn(page, name) {
  await page.fill('#rater', name);
  await page.check('#consent');
  await page.keyboard.press('Enter');
}

/** Resolves when the page waits for an answer: 'item', or for a button: 'card'. */
export async function whatWaits(page) {
  const handle = await page.waitForFunction(() => {
    if (document.querySelector('#card[open] #card-buttons button')) return 'card';
    return document.querySelector('dialog[open]') || document.querySelector('#scale').disabled ? null : 'item';
  });
  return handle.jsonValue();
}

/** The files of the pictures that can be seen now. */
export const visibleFiles = (page) =>
  page.$$eval('#stage img.shown', (images) => images.map((image) => new URL(image.src).pathname.slice(1)));

/**
 * Signs in, answers everything that comes, sees the thanks. `choose` gets the visible files and says which answer, from
 * 0.
 */
export async function takePart(page, name, choose, hand = 'keys') {
  await signIn(page, name);
  for (;;) {
    if ((await whatWaits(page)) === 'card') {
      if ((await page.locator('#card-title').innerText()) === 'Done. Thank you!') return;
      await page.keyboard.press('Enter');
    } else {
      await press(page, choose(await look(page)), hand);
    }
  }
}

/** What the pictures of an item are, in the order in which they are shown. */
export async function look(page) {
  const files = await visibleFiles(page);
  if ((await page.locator('#names button').count()) === 0) return files;
  await page.keyboard.press(' ');
  await page.waitForFunction(
    () =>
      document.querySelector('#names button:last-child').ariaPressed === 'true' &&
      document.querySelector('#stage img.shown'),
  );
  return [...files, ...(await visibleFiles(page))];
}

async function press(page, answer, hand) {
  const position = await page.locator('#position').innerText();
  const options = page.locator('#options input');
  if (hand === 'mouse') {
    await page.locator('#options label').nth(answer).click();
    await page.click('#next');
  } else if (hand === 'arrows') {
    const count = await options.count();
    for (let step = 0; step < count; step++) await page.keyboard.press('ArrowLeft');
    for (let step = 0; step < answer; step++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
  } else {
    await page.keyboard.press(String(answer + 1));
    await page.keyboard.press('Enter');
  }
  await page.waitForFunction(
    (before) => document.querySelector('#card[open]') || document.querySelector('#position').textContent !== before,
    position,
  );
}

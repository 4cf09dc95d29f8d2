// Decodes in headless Chromium with the web package, under the demo page's Content-Security-Policy.

import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { CSP, serve } from '../../web/demo/serve.js';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage']; // root has no sandbox, containers little shared memory
const PIECE_BYTES = 2 ** 24;

export function findChromium() {
  return PLACES.find((path) => path && existsSync(path));
}

/** @param {string} executablePath */
export async function startChromium(executablePath) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const server = await serve({ folders: ['dist', 'models', 'build'] });
  const page = await browser.newPage();
  const headers = { 'Content-Security-Policy': CSP };
  await page.route('**/blank.html', (route) =>
    route.fulfill({ contentType: 'text/html', headers, body: '<!doctype html>' }),
  );
  await page.goto(`${server.url}blank.html`);

  /** @param {string} file below build/ @returns {Promise<{ms: number, pixels: import('./pixels.js').Picture}>} */
  async function decode(file) {
    const url = `/build/${basename(dirname(file))}/${encodeURIComponent(basename(file))}`;
    const { ms, width, height, size } = await page.evaluate(decodeInPage, url);
    const pieces = [];
    for (let from = 0; from < size; from += PIECE_BYTES) {
      pieces.push(Buffer.from(await page.evaluate(readInPage, [from, from + PIECE_BYTES]), 'base64'));
    }
    return { ms, pixels: { width, height, data: Buffer.concat(pieces) } };
  }

  async function close() {
    await browser.close();
    server.close();
  }
  return { decode, close };
}

/**
 * Runs in the page, as the next one does. The second decode is timed: the first also loads the decoder and its model.
 */
async function decodeInPage(url) {
  const { decode } = await import('/dist/index.js');
  const bytes = await (await fetch(url)).arrayBuffer();
  await decode(bytes);
  const start = performance.now();
  const { width, height, data } = await decode(bytes);
  const ms = performance.now() - start;
  globalThis.decoded = data;
  return { ms, width, height, size: data.length };
}

/** A piece of the pixels, as base64. */
async function readInPage([from, to]) {
  const reader = new FileReader();
  reader.readAsDataURL(new Blob([globalThis.decoded.subarray(from, to)]));
  await new Promise((done) => (reader.onload = done));
  return reader.result.slice(reader.result.indexOf(',') + 1);
}

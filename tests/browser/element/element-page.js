// A page for the tests of <lic-img>: the element is defined, and small pictures lie at /pictures/NAME.lic and, the same
// ones for an <img>, at NAME.png. What stands after "-" in NAME is free, so that there are as many addresses as a test
// needs.

import { crc32, deflateSync } from 'node:zlib';

import sharp from 'sharp';

import * as node from 'lic-codec';

import { insertSection } from '../../web/support/lic-file.js';
import { readRoot, readVector } from '../../web/support/vectors.js';
import { useBrowser } from '../support/browser.js';

const VECTORS = {
  wide: 'tiny-tiles-of-3.lic', // 300 x 200
  tiled: 'tiny-tiles-of-1.lic', // the same, with rows of 64 pixels
  small: 'tiny-33x31.lic',
  broken: 'bad/bad_stream-hyper-word-left.lic',
};

const ICC_SECTION = 1;
const PNG_HEADER_END = 33; // signature and IHDR

/** @returns {Promise<Record<string, Buffer>>} by the last part of the address */
async function readPictures() {
  const decoder = { models: readRoot('tests/models/tiny.dec.licm') };
  node.configure(decoder);
  const pictures = { 'broken.png': Buffer.from('not a picture') };
  for (const [name, vector] of Object.entries(VECTORS)) {
    const file = readVector(vector);
    pictures[`${name}.lic`] = file;
    if (name === 'broken') continue;
    const { data, width, height } = await node.decode(file);
    pictures[`${name}.png`] = await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer();
  }
  // The same samples, as those of a Display P3 picture.
  const { icc } = await sharp(await sharp(pictures['wide.png']).withIccProfile('p3').png().toBuffer()).metadata();
  pictures['p3.lic'] = insertSection(pictures['wide.lic'], ICC_SECTION, icc);
  pictures['p3.png'] = withProfile(pictures['wide.png'], icc);
  return pictures;
}

/** A PNG whose samples are said to be those of another profile: sharp would convert them. */
function withProfile(png, icc) {
  const [type, compressed] = [Buffer.from('iCCP'), deflateSync(icc)];
  const payload = Buffer.concat([type, Buffer.from('p3\0\0', 'latin1'), compressed]);
  const chunk = Buffer.alloc(payload.length + 8);
  chunk.writeUInt32BE(payload.length - type.length, 0);
  payload.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(payload), payload.length + 4);
  return Buffer.concat([png.subarray(0, PNG_HEADER_END), chunk, png.subarray(PNG_HEADER_END)]);
}

/** In the page, for all tests: what adds elements and notes what becomes of them. */
function helpers() {
  /** An element of `tag` with these attributes; it notes its events. */
  globalThis.add = (tag, attributes = {}, parent = document.body) => {
    const image = document.createElement(tag);
    image.events = [];
    for (const type of ['load', 'error']) image.addEventListener(type, (event) => image.events.push(event.type));
    for (const [name, value] of Object.entries(attributes)) image.setAttribute(name, value);
    parent?.append(image);
    return image;
  };
  globalThis.sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  globalThis.settled = (image) =>
    new Promise((resolve) =>
      ['load', 'error'].forEach((type) => image.addEventListener(type, resolve, { once: true })),
    );
  globalThis.until = async (condition) => {
    for (let i = 0; i < 1000 && !condition(); ++i) await globalThis.sleep(10);
    if (!condition()) throw new Error(`never: ${condition}`);
  };
  globalThis.style = (css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  };
}

/**
 * Gives a function that opens such pages. `requests` names the pictures that a page has asked for.
 * @param {object} [options]
 * @param {boolean} [options.defined] whether <lic-img> is defined already
 */
export function useElementPage({ defined = true } = {}) {
  const openPage = useBrowser();
  let pictures;

  return async function openElementPage({ prepare, ...options } = {}) {
    pictures ??= await readPictures();
    const requests = [];
    const opened = await openPage({
      ...options,
      prepare: async (page, url) => {
        await page.addInitScript(helpers);
        await page.route('**/pictures/**', async (route) => {
          const { pathname } = new URL(route.request().url());
          const name = pathname.split('/').at(-1);
          requests.push(name);
          if (name.startsWith('empty')) return route.fulfill({ status: 204 });
          const body = pictures[name.replace(/-.*(?=\.)/, '')];
          await route.fulfill(
            body ? { body, contentType: name.endsWith('png') ? 'image/png' : 'image/x-lic' } : { status: 404 },
          );
        });
        await prepare?.(page, url);
      },
    });
    if (defined) await define(opened.page);
    return { ...opened, requests };
  };
}

/** @param {import('playwright-core').Page} page */
export async function define(page) {
  await page.evaluate(async () => {
    const { configure } = await import('/dist/index.js');
    configure({ models: '/tests/models/tiny.dec.licm' });
    await import('/dist/define.js');
  });
}

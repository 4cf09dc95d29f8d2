// A large picture on a page: what the page's thread does with its pixels, and what is seen meanwhile. How long that takes is measured by
// `npm run bench:gallery`; here it is counted.

import assert from 'node:assert/strict';
import test from 'node:test';

import { rootPath } from '../web/vectors.js';
import { skip } from './browser.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();
const LARGE = '/tests/web/large.lic'; // 8000 x 6000, all of one colour
const LEAST = '/tests/models/least.dec.licm';
const TURN_PIXELS = 2 ** 20;
const STRIP_PIXELS = 2 ** 19 + 8000 * 16;

/** In the page: notes how many pixels each call handles, of those that may handle many. */
function countPixels() {
  globalThis.most = {};
  const note = (name, pixels) => (globalThis.most[name] = Math.max(globalThis.most[name] ?? 0, pixels));
  const wrap = (prototype, name, count) => {
    const original = prototype[name];
    prototype[name] = function (...values) {
      note(name, count(values));
      return original.apply(this, values);
    };
  };
  for (const { prototype } of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
    wrap(prototype, 'drawImage', ([{ width, height }, , , ...rest]) => (rest.length > 3 ? rest[0] * rest[1] || rest[0] * height : width * height));
    wrap(prototype, 'putImageData', ([{ width, height }]) => width * height);
    wrap(prototype, 'getImageData', ([, , width, height]) => width * height);
  }
  wrap(globalThis, 'createImageBitmap', ([{ width, height }]) => width * height);
  globalThis.ImageData = class extends ImageData {
    constructor(...values) {
      super(...values);
      note('ImageData', this.width * this.height);
    }
  };
}

const openLarge = async () => {
  const opened = await openPage();
  await opened.page.evaluate((models) => import('/dist/index.js').then((lic) => lic.configure({ models, workers: 2 })), LEAST);
  await opened.page.evaluate(countPixels);
  return opened;
};

test('<lic-img> paints strips, and handles no more pixels at a time when they are to be shown small', { skip }, async () => {
  const { page, problems } = await openLarge();
  const found = await page.evaluate(async (src) => {
    const image = add('lic-img', { src, width: 400, height: 300 });
    const canvases = () => Array.from(image.shadowRoot.querySelectorAll('canvas'), ({ width, className, parentElement }) => [width, className || parentElement.className]);
    const meanwhile = new Set();
    image.addEventListener('progress', ({ loaded }) => loaded < 1 && meanwhile.add(JSON.stringify(canvases())));
    await settled(image);
    await until(() => image.shadowRoot.querySelector('.seen')?.width === 500);
    await sleep(100);
    return { most, meanwhile: [...meanwhile].map((text) => JSON.parse(text)), after: canvases() };
  }, LARGE);
  assert.ok(found.most.putImageData <= STRIP_PIXELS, JSON.stringify(found.most));
  assert.ok(found.most.drawImage <= TURN_PIXELS, JSON.stringify(found.most));
  assert.ok(found.most.ImageData <= STRIP_PIXELS, JSON.stringify(found.most));
  assert.ok((found.most.getImageData ?? 0) <= 1, JSON.stringify(found.most));
  // The canvas is felt, the copy is seen, while strips come and afterwards.
  const both = [[8000, 'felt'], [500, 'seen']];
  assert.ok(found.meanwhile.some((each) => JSON.stringify(each) === JSON.stringify(both)), JSON.stringify(found.meanwhile));
  assert.deepEqual(found.after, both);
  assert.deepEqual(problems, []);
});

test('what is seen while strips come is the picture, made smaller', { skip }, async () => {
  const serveSources = (page) => page.route(/\/web\/(element\/|turn)/, (route) => route.fulfill({ path: rootPath(new URL(route.request().url()).pathname.slice(1)) }));
  const { page } = await openPage({ prepare: serveSources });
  const found = await page.evaluate(async () => {
    const { StandIn, toCanvas } = await import('/web/element/stand-in.js');
    const frame = document.createElement('div');
    const holder = document.createElement('div');
    frame.append(holder);
    document.body.append(frame);
    style('canvas { position: absolute; width: 500px; height: 400px }');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2001, 1601];
    const standIn = new StandIn(frame, holder);
    standIn.show(canvas);
    const grey = (width, height, from) => {
      const data = new Uint32Array(width * height).map((_, i) => 0xff000000 | ((from + ((i / width) | 0) / 8) & 255) * 0x010101);
      return new ImageData(new Uint8ClampedArray(data.buffer), width, height);
    };
    standIn.begin(toCanvas(grey(63, 51, 0)));
    const pixelsOf = (copy) => copy.getContext('2d').getImageData(0, 0, copy.width, copy.height).data;
    for (let y = 0; y < 1601; y += 320) {
      const strip = grey(2001, Math.min(320, 1601 - y), y / 8);
      canvas.getContext('2d').putImageData(strip, 0, y);
      standIn.add(strip, y, false);
    }
    const [copy] = frame.querySelectorAll('.seen');
    const early = pixelsOf(copy);
    standIn.refine();
    await until(() => !copy.isConnected);
    const late = pixelsOf(frame.querySelector('.seen'));
    const difference = early.reduce((most, value, i) => Math.max(most, Math.abs(value - late[i])), 0);
    // Each pixel of the copy is the mean of 4 x 4, whose rows have grey values of y / 8.
    const wrong = late.reduce((most, value, i) => (i % 4 === 3 ? most : Math.max(most, Math.abs(value - (Math.floor(i / 4 / 501) * 4 + 2) / 8))), 0);
    standIn.show(null);
    return { sizes: [late.length], difference, wrong, left: frame.querySelectorAll('canvas').length };
  });
  assert.deepEqual(found.sizes, [501 * 401 * 4]);
  assert.ok(found.difference <= 1 && found.wrong <= 2, JSON.stringify(found));
  assert.equal(found.left, 0);
});

test('a bitmap of a picture in bands is made in a worker', { skip }, async () => {
  const { page, problems } = await openLarge();
  const found = await page.evaluate(async (url) => {
    const { decodeToBitmap, stats } = await import('/dist/index.js');
    const region = { x: 4000, y: 2900, width: 3000, height: 2000 };
    const bitmap = await decodeToBitmap(url, { region });
    const before = { ...most };
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas.drawImage(bitmap, -1000, -1999);
    const abort = new AbortController();
    const aborted = decodeToBitmap(url, { region, signal: abort.signal, onProgress: ({ rows }) => rows === region.height && abort.abort() }).catch(({ name }) => name);
    return { size: [bitmap.width, bitmap.height], alpha: canvas.getImageData(0, 0, 1, 1).data[3], before, workers: stats().workers.most, aborted: await aborted };
  }, LARGE);
  assert.deepEqual(found, { size: [3000, 2000], alpha: 255, before: {}, workers: 2, aborted: 'AbortError' });
  assert.deepEqual(problems, []);
});

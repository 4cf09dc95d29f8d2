// Large pictures and many pictures on a page: what the page's thread does in one turn, and what is seen meanwhile. How
// long that takes is measured by `npm run bench:gallery`; here it is counted.

import assert from 'node:assert/strict';
import test from 'node:test';

import { rootPath } from '../../web/support/vectors.js';
import { useElementPage } from '../element/element-page.js';
import { skip } from '../support/browser.js';

const openPage = useElementPage();
const LARGE = '/tests/web/support/large.lic'; // 8000 x 6000, all of one colour
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
    wrap(prototype, 'drawImage', ([{ width, height }, , , ...rest]) =>
      rest.length > 3 ? rest[0] * rest[1] || rest[0] * height : width * height,
    );
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
  await opened.page.evaluate(
    (models) => import('/dist/index.js').then((lic) => lic.configure({ models, workers: 2 })),
    LEAST,
  );
  await opened.page.evaluate(countPixels);
  return opened;
};

test(
  '<lic-img> paints strips, and handles no more pixels at a time when they are to be shown small',
  { skip },
  async () => {
    const { page, problems } = await openLarge();
    const found = await page.evaluate(async (src) => {
      const image = add('lic-img', { src, width: 400, height: 300 });
      const canvases = () =>
        Array.from(image.shadowRoot.querySelectorAll('canvas'), ({ width, className, parentElement }) => [
          width,
          className || parentElement.className,
        ]);
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
    const both = [
      [8000, 'felt'],
      [500, 'seen'],
    ];
    assert.ok(
      found.meanwhile.some((each) => JSON.stringify(each) === JSON.stringify(both)),
      JSON.stringify(found.meanwhile),
    );
    assert.deepEqual(found.after, both);
    assert.deepEqual(problems, []);
  },
);

test('what is seen while strips come is the picture, made smaller', { skip }, async () => {
  const serveSources = (page) =>
    page.route(/\/web\/(element\/|common\/turn)/, (route) =>
      route.fulfill({ path: rootPath(new URL(route.request().url()).pathname.slice(1)) }),
    );
  const { page } = await openPage({ prepare: serveSources });
  const found = await page.evaluate(async () => {
    const { StandIn, toCanvas } = await import('/web/element/stand-in.js');
    style('canvas { position: absolute; width: 500px; height: 400px }');
    const frame = document.body.appendChild(document.createElement('div'));
    const holder = frame.appendChild(document.createElement('div'));
    const [width, height] = [2001, 1601];
    /** Rows from y on of a picture whose rows have grey values of y / 8. */
    const rowsFrom = (y, rows) => {
      const data = new Uint32Array(width * rows).map(
        (_, i) => 0xff000000 | (Math.floor((y + Math.floor(i / width)) / 8) * 0x010101),
      );
      return new ImageData(new Uint8ClampedArray(data.buffer), width, rows);
    };
    /** How far a copy is from that: each pixel of it is the mean of 4 x 4. */
    const errorOf = (copy) => {
      const { data } = copy.getContext('2d').getImageData(0, 0, copy.width, copy.height);
      return data.reduce(
        (most, value, i) =>
          Math.max(most, i % 4 === 3 ? 255 - value : Math.abs(value - (Math.floor(i / 4 / copy.width) * 4 + 1.5) / 8)),
        0,
      );
    };
    const show = async (stripRows) => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width, height });
      const standIn = new StandIn(frame, holder);
      standIn.show(canvas);
      standIn.begin(toCanvas(rowsFrom(0, 50)));
      for (let y = 0; y < height; y += stripRows) {
        const strip = rowsFrom(y, Math.min(stripRows, height - y));
        canvas.getContext('2d').putImageData(strip, 0, y);
        standIn.add(strip, y, false);
      }
      const early = frame.querySelector('.seen');
      const sizes = [early.width, early.height];
      const error = errorOf(early);
      standIn.refine();
      await sleep(300);
      const late = frame.querySelector('.seen');
      const seen = { sizes, error, isSame: late === early, lateError: errorOf(late) };
      standIn.show(null);
      return { ...seen, left: frame.querySelectorAll('canvas').length };
    };
    return { aligned: await show(320), others: await show(333) };
  });
  for (const { sizes, error, lateError, left } of Object.values(found)) {
    assert.deepEqual([sizes, left], [[501, 401], 0]);
    assert.ok(error <= 2 && lateError <= 2, JSON.stringify(found));
  }
  // Strips that end at pixels of the copy make the copy that is wanted, others one that is about right until all are
  // there.
  assert.deepEqual([found.aligned.isSame, found.others.isSame], [true, false]);
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
    const aborted = decodeToBitmap(url, {
      region,
      signal: abort.signal,
      onProgress: ({ rows }) => rows === region.height && abort.abort(),
    }).catch(({ name }) => name);
    return {
      size: [bitmap.width, bitmap.height],
      alpha: canvas.getImageData(0, 0, 1, 1).data[3],
      before,
      workers: stats().workers.most,
      aborted: await aborted,
    };
  }, LARGE);
  assert.deepEqual(found, { size: [3000, 2000], alpha: 255, before: {}, workers: 2, aborted: 'AbortError' });
  assert.deepEqual(problems, []);
});

test('of many pictures four begin to load in a turn of the event loop', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    let turn = 0;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (++turn, port2.postMessage(null));
    port2.postMessage(null);
    const begun = [];
    const original = globalThis.fetch;
    globalThis.fetch = (url, init) => (/pictures/.test(url) && begun.push(turn), original(url, init));
    const images = Array.from({ length: 18 }, (_, i) => add('lic-img', { src: `/pictures/small-${i}.lic` }));
    images.at(-1).src = '/pictures/small-last.lic';
    await Promise.all(images.map(settled));
    port1.close();
    return { begun, loaded: images.map(({ naturalWidth }) => naturalWidth) };
  });
  const counts = [...new Set(found.begun)].map((turn) => found.begun.filter((each) => each === turn).length);
  assert.ok(Math.max(...counts) <= 4, `${counts}`);
  assert.deepEqual(found.loaded, Array(18).fill(33));
  assert.equal(requests.length, 18);
});

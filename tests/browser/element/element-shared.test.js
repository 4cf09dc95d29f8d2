// Several <lic-img> with the same file at the same time: it is fetched once and decoded once.

import assert from 'node:assert/strict';

import { skip, test } from '../support/browser.js';
import { useElementPage } from './element-page.js';

const openElementPage = useElementPage();

/** In the page: files come in pieces, as pour(to) lets them. */
const helpers = () => {
  const original = fetch;
  globalThis.inits = [];
  globalThis.fetch = async (url, init) => {
    if (!String(url).includes('/pictures/')) return original(url, init);
    globalThis.inits.push(init);
    const file = new Uint8Array(await (await original(url, init)).arrayBuffer());
    if (!url.includes('slow')) return new Response(file);
    let at = 0;
    const start = (controller) => {
      globalThis.pour = (to) => {
        controller.enqueue(file.slice(at, (at = Math.ceil(file.length * to))));
        if (at === file.length) controller.close();
      };
    };
    return new Response(new ReadableStream({ start }));
  };
  globalThis.canvasOf = (image) => image.shadowRoot.querySelector('canvas');
  globalThis.pixelsOf = (image) => {
    const canvas = canvasOf(image);
    return String(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
  };
  /** Loads an element alone, after the others, and compares them with it. */
  globalThis.compare = async (images, src) => {
    const alone = add('lic-img', { src });
    await settled(alone);
    return images.map((image) => pixelsOf(image) === pixelsOf(alone));
  };
  globalThis.decodes = async () => (await import('/dist/index.js')).stats().decodes.started;
  /** Until the first rows have been painted. */
  globalThis.begun = async (image) => {
    let fraction = 0;
    image.addEventListener('progress', ({ loaded }) => (fraction = loaded));
    await until(() => globalThis.pour);
    pour(0.9);
    await until(() => fraction > 0);
  };
};

async function openPage() {
  const opened = await openElementPage();
  await opened.page.evaluate(helpers);
  return opened;
}

test('elements of one address: one request, one decoding, each with all pixels and events', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const images = Array.from({ length: 12 }, () => add('lic-img', { src: '/pictures/tiled-a.lic' }));
    await Promise.all(images.map(settled));
    const facts = [await decodes(), images.map(({ events, naturalWidth }) => [...events, naturalWidth])];
    return [...facts, await compare(images, '/pictures/tiled-b.lic')];
  });
  assert.deepEqual(found, [1, Array(12).fill(['load', 300]), Array(12).fill(true)]);
  assert.deepEqual(requests, ['tiled-a.lic', 'tiled-b.lic']);
});

test('who comes when rows have been painted gets a copy at the end', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const images = [add('lic-img', { src: '/pictures/tiled-slow.lic' })];
    await begun(images[0]);
    images.push(add('lic-img', { src: '/pictures/tiled-slow.lic' }));
    await until(() => images[1].naturalWidth);
    const before = images[1].matches(':state(loading)');
    pour(1);
    await Promise.all(images.map((image) => image.decode()));
    return [
      before,
      await decodes(),
      images.map(({ events }) => events),
      await compare(images, '/pictures/tiled-b.lic'),
    ];
  });
  assert.deepEqual(found, [true, 1, [['load'], ['load']], [true, true]]);
  assert.deepEqual(requests, ['tiled-slow.lic', 'tiled-b.lic']);
});

test('who leaves ends nothing for the others; the last one ends the request', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const first = add('lic-img', { src: '/pictures/tiled-slow.lic' });
    await begun(first);
    const late = add('lic-img', { src: '/pictures/tiled-slow.lic' });
    await until(() => late.naturalWidth);
    first.remove();
    await sleep(50);
    const goesOn = !inits[0].signal.aborted;
    pour(1);
    await late.decode();
    const pixels = await compare([late], '/pictures/tiled-b.lic');

    delete globalThis.pour;
    const both = [1, 2].map(() => add('lic-img', { src: '/pictures/tiled-slow2.lic' }));
    await until(() => globalThis.pour);
    for (const image of both) image.remove();
    await sleep(50);
    return [goesOn, pixels, inits.at(-1).signal.aborted, [first, late, ...both].map(({ events }) => events)];
  });
  assert.deepEqual(found, [true, [true], true, [[], ['load'], [], []]]);
  assert.deepEqual(requests, ['tiled-slow.lic', 'tiled-b.lic', 'tiled-slow2.lic']);
});

test(
  'an error is that of all, and the next time asks again; other credentials ask for themselves',
  { skip },
  async () => {
    const { page, requests } = await openPage();
    const found = await page.evaluate(async () => {
      const broken = [1, 2].map(() => add('lic-img', { src: '/pictures/broken.lic' }));
      await Promise.all(broken.map(settled));
      const again = add('lic-img', { src: '/pictures/broken.lic' });
      await settled(again);
      const others = ['', 'use-credentials'].map((crossorigin) =>
        add('lic-img', { src: '/pictures/small.lic', crossorigin }),
      );
      await Promise.all(others.map(settled));
      return [...broken, again, ...others].map(({ events, error }) => [events.join(), error?.code]);
    });
    const failed = ['error', 'bad_stream'];
    assert.deepEqual(found, [failed, failed, failed, ['load', undefined], ['load', undefined]]);
    assert.deepEqual(requests, ['broken.lic', 'broken.lic', 'small.lic', 'small.lic']);
  },
);

// <lic-img> in a browser, under the strict policy.

import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';

import * as node from 'lic-codec';

import { largestDifference, readRoot, readVector } from '../../web/support/vectors.js';
import { skip, test, useBrowser } from '../support/browser.js';

const PICTURE = 'tiny-tiles-of-3.lic'; // 300 x 200
const OTHER = 'tiny-33x31.lic';
const openPage = useBrowser();

async function openDefined(options) {
  const opened = await openPage(options);
  await opened.page.evaluate(async () => {
    const lic = await import('/dist/index.js');
    lic.configure({ models: '/tests/models/tiny.dec.licm' });
    await import('/dist/define.js');
    // Adds an element and notes its events.
    globalThis.add = (attributes, inner = '') => {
      const image = document.createElement('lic-img');
      for (const [name, value] of Object.entries(attributes)) image.setAttribute(name, value);
      image.innerHTML = inner;
      image.events = [];
      for (const type of ['load', 'error']) image.addEventListener(type, (event) => image.events.push(event.type));
      document.body.append(image);
      return image;
    };
    globalThis.facts = (image) => {
      const { width, height } = image.getBoundingClientRect();
      const { naturalWidth, naturalHeight, complete, currentSrc, events } = image;
      return { width, height, naturalWidth, naturalHeight, complete, currentSrc, events };
    };
  });
  return opened;
}

/** Red, green, blue of a PNG without alpha or palette, as Chromium's screenshots are. */
function readPng(png) {
  let width = 0;
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') width = png.readUInt32BE(at + 8);
    if (type === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const channels = png[25] === 6 ? 4 : 3;
  const lines = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const height = lines.length / (stride + 1);
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; ++y) {
    const filter = lines[y * (stride + 1)];
    for (let i = 0; i < stride; ++i) {
      const left = i < channels ? 0 : pixels[y * stride + i - channels];
      const up = y === 0 ? 0 : pixels[(y - 1) * stride + i];
      const corner = y === 0 || i < channels ? 0 : pixels[(y - 1) * stride + i - channels];
      pixels[y * stride + i] = lines[y * (stride + 1) + 1 + i] + predict(filter, left, up, corner);
    }
  }
  return pixels.filter((_, i) => i % channels < 3);
}

function predict(filter, left, up, corner) {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 0) return 0;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

test('it shows the decoded pixels, and fires load once', { skip }, async () => {
  const { page, problems, url } = await openDefined();
  const facts = await page.evaluate(async (name) => {
    const image = add({ src: `/tests/vectors/${name}`, alt: 'noise' });
    const before = image.complete;
    await image.decode();
    return { before, ...facts(image) };
  }, PICTURE);
  assert.deepEqual(facts, {
    before: false,
    width: 300,
    height: 200,
    naturalWidth: 300,
    naturalHeight: 200,
    complete: true,
    currentSrc: `${url}tests/vectors/${PICTURE}`,
    events: ['load'],
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(await page.evaluate('violations'), []);
  node.configure({ models: readRoot('tests/models/tiny.dec.licm') });
  const { data } = await node.decode(readVector(PICTURE));
  const shown = readPng(await page.locator('lic-img').screenshot());
  assert.ok(
    largestDifference(
      shown,
      data.filter((_, i) => i % 4 < 3),
    ) <= 1,
  );
});

test('a failure: an error event with the code, and the fallback shows', { skip }, async () => {
  const { page } = await openDefined();
  const found = await page.evaluate(async () => {
    const image = add({ src: '/tests/vectors/bad/bad_stream-hyper-word-left.lic' }, '<b>fallback</b>');
    const shown = () => image.querySelector('b').getBoundingClientRect().width > 0;
    await Promise.resolve();
    const whileLoading = shown();
    const event = await new Promise((resolve) => image.addEventListener('error', resolve));
    const rejection = await image.decode().catch((error) => error);
    return [
      whileLoading,
      shown(),
      event.error.code,
      rejection === event.error,
      image.error === rejection,
      image.complete,
      image.naturalWidth,
    ];
  });
  assert.deepEqual(found, [false, true, 'bad_stream', true, true, true, 0]);
  const recovered = await page.evaluate(async (name) => {
    const image = document.querySelector('lic-img');
    image.src = `/tests/vectors/${name}`;
    await image.decode();
    return [image.querySelector('b').getBoundingClientRect().width, image.error, image.naturalWidth];
  }, PICTURE);
  assert.deepEqual(recovered, [0, null, 300]);
});

test('a change of src drops what came before', { skip }, async () => {
  const { page } = await openDefined();
  const found = await page.evaluate(
    async ([first, second]) => {
      const image = add({ src: `/tests/vectors/${first}` });
      const decoding = image.decode().catch(({ name }) => name);
      await new Promise((resolve) => setTimeout(resolve));
      image.src = `/tests/vectors/${second}`;
      const rejection = await decoding;
      await image.decode();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { rejection, ...facts(image) };
    },
    [PICTURE, OTHER],
  );
  assert.deepEqual(
    [found.rejection, found.naturalWidth, found.naturalHeight, found.events],
    ['EncodingError', 33, 31, ['load']],
  );
});

test('without src, or removed: nothing is loaded; put back, it loads again', { skip }, async () => {
  const { page } = await openDefined();
  const found = await page.evaluate(async (name) => {
    const empty = add({});
    const image = add({ src: `/tests/vectors/${name}` });
    image.remove();
    const rejection = await image.decode().catch((error) => error.name);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const removed = [...image.events];
    document.body.append(image);
    await image.decode();
    // Moving a loaded picture does not load it anew.
    document.body.prepend(image);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [empty.complete, rejection, removed, image.events, image.complete];
  }, PICTURE);
  assert.deepEqual(found, [true, 'EncodingError', [], ['load'], true]);
});

test('the ratio is known from the header, before the rest of the file comes', { skip }, async () => {
  const { page } = await openDefined();
  const found = await page.evaluate(async (name) => {
    const file = new Uint8Array(await (await fetch(`/tests/vectors/${name}`)).arrayBuffer());
    const { fetch: original } = globalThis;
    let finish;
    globalThis.fetch = async (url, options) => {
      if (!String(url).endsWith('slow.lic')) return original(url, options);
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(file.subarray(0, 60));
            finish = () => (controller.enqueue(file.subarray(60)), controller.close());
          },
        }),
      );
    };
    const image = add({ src: 'slow.lic', width: '150' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const early = facts(image);
    finish();
    await image.decode();
    return [early, facts(image)];
  }, PICTURE);
  for (const { width, height, naturalWidth } of found) assert.deepEqual([width, height, naturalWidth], [150, 100, 300]);
  assert.deepEqual(
    found.map(({ complete }) => complete),
    [false, true],
  );
});

test('sizes: attributes, page styles, object-fit', { skip }, async () => {
  const { page } = await openDefined();
  const sizes = await page.evaluate(async (name) => {
    const src = `/tests/vectors/${name}`;
    const style = new CSSStyleSheet();
    style.replaceSync(
      `.fluid { width: 90px; height: auto }
      .cover { width: 100px; height: 100px; object-fit: cover; object-position: 0 100% }`,
    );
    document.adoptedStyleSheets = [style];
    const images = [
      {},
      { width: 60 },
      { height: 50 },
      { width: 60, height: 60 },
      { width: 60, height: 60, class: 'fluid' },
      { class: 'cover' },
    ];
    const added = images.map((attributes) => add({ src, ...attributes }));
    const before = [facts(added[3]).width, facts(added[3]).height];
    await Promise.all(added.map((image) => image.decode()));
    const { objectFit, objectPosition } = getComputedStyle(added[5].shadowRoot.querySelector('canvas'));
    return [before, objectFit, objectPosition, ...added.map((image) => [facts(image).width, facts(image).height])];
  }, PICTURE);
  assert.deepEqual(sizes, [
    [60, 60],
    'cover',
    '0px 100%',
    [300, 200],
    [60, 40],
    [75, 50],
    [60, 60],
    [90, 60],
    [100, 100],
  ]);
});

test('loading=lazy waits for the viewport, or for a change of mind', { skip }, async () => {
  const { page } = await openDefined();
  const found = await page.evaluate(async (name) => {
    const src = `/tests/vectors/${name}`;
    const style = new CSSStyleSheet();
    style.replaceSync('.far { display: block; margin-top: 5000px }');
    document.adoptedStyleSheets = [style];
    const far = add({ src, loading: 'lazy', class: 'far', width: 30, height: 20 });
    const farther = add({ src, loading: 'lazy', class: 'far', width: 30, height: 20 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = [far.complete, far.events.length];
    far.scrollIntoView();
    await new Promise((resolve) => far.addEventListener('load', resolve));
    const other = farther.events.length;
    farther.loading = 'eager';
    await farther.decode();
    return [before, other, farther.complete];
  }, PICTURE);
  assert.deepEqual(found, [[false, 0], 0, true]);
});

test('assistive technology sees an image with its alternative text', { skip }, async () => {
  const { page } = await openDefined();
  await page.evaluate(async (name) => {
    await add({ src: `/tests/vectors/${name}`, alt: 'A grey cat' }).decode();
    await add({ src: `/tests/vectors/${name}`, alt: '' }).decode();
  }, PICTURE);
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  const images = nodes.filter(({ ignored, role }) => !ignored && ['image', 'img', 'Canvas'].includes(role.value));
  assert.deepEqual(
    images.map(({ role, name }) => [role.value, name.value]),
    [['image', 'A grey cat']],
  );
});

test('upgraded from markup: children show first, then the picture', { skip }, async () => {
  const { page } = await openPage();
  const found = await page.evaluate(async (name) => {
    document.body.innerHTML = `<lic-img src="/tests/vectors/${name}" alt="x"><b>before</b></lic-img>`;
    const before = document.querySelector('b').getBoundingClientRect().width > 0;
    const { configure } = await import('/dist/index.js');
    configure({ models: '/tests/models/tiny.dec.licm' });
    await import('/dist/define.js');
    const image = document.querySelector('lic-img');
    await image.decode();
    return [before, document.querySelector('b').getBoundingClientRect().width > 0, image.naturalWidth];
  }, PICTURE);
  assert.deepEqual(found, [true, false, 300]);
});

// When <lic-img> loads, stops and gives memory back.

import assert from 'node:assert/strict';

import { forget, keep } from '../../../web/element/memory.js';
import { isFirefox, skip, test } from '../support/browser.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();

/** Lets a scenario resize the viewport and look at the requests. */
async function openResizable(options) {
  const opened = await openPage(options);
  await opened.page.exposeFunction('resizeTo', (width, height) => opened.page.setViewportSize({ width, height }));
  return opened;
}

test(
  'another viewport: a larger file replaces the smaller, a smaller one does not replace the larger, as with <img>',
  { skip },
  async () => {
    const { page } = await openResizable({ context: { viewport: { width: 500, height: 700 } } });
    const course = async (tag) => {
      const kind = tag === 'img' ? 'png' : 'lic';
      await resizeTo(500, 700);
      const srcset = [300, 600, 900].map((width) => `/pictures/wide-${width}.${kind} ${width}w`).join();
      const image = add(tag, { srcset, sizes: '(min-width: 1000px) 700px, 50vw', alt: '' });
      const facts = () => [
        image.currentSrc.match(/\d+(?=\.\w+$)/)[0],
        image.naturalWidth,
        image.width,
        image.complete,
        image.events.length,
      ];
      const seen = [];
      const step = async (count) => {
        await until(() => image.events.length === count && image.complete);
        await sleep(150);
        seen.push(facts());
      };
      await step(1);
      await resizeTo(900, 700);
      await step(2);
      await resizeTo(1100, 700);
      await step(3);
      await resizeTo(500, 700);
      await step(3);
      return seen;
    };
    const found = await page.evaluate(course, 'lic-img');
    // Firefox replaces the larger file of an <img> by the smaller one.
    if (!isFirefox) assert.deepEqual(found, await page.evaluate(course, 'img'));
    assert.deepEqual(
      found.map(([file]) => file),
      ['300', '600', '900', '900'],
    );
  },
);

test('while the larger file loads, the smaller one is shown and spoken of', { skip }, async () => {
  const { page, requests } = await openResizable({ context: { viewport: { width: 500, height: 700 } } });
  const found = await page.evaluate(async () => {
    const original = fetch;
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    globalThis.fetch = async (url, init) => {
      if (/-900/.test(url)) await gate;
      return original(url, init);
    };
    const image = add('lic-img', { srcset: '/pictures/wide-300.lic 300w, /pictures/wide-900.lic 900w', sizes: '60vw' });
    await settled(image);
    const canvas = image.shadowRoot.querySelector('canvas');
    await resizeTo(1000, 700);
    await until(() => !image.complete);
    const between = [
      image.naturalWidth,
      image.currentSrc.endsWith('wide-300.lic'),
      image.shadowRoot.querySelector('canvas') === canvas,
      image.matches(':state(loaded)'),
    ];
    goOn();
    await settled(image);
    return [
      between,
      image.currentSrc.endsWith('wide-900.lic'),
      image.shadowRoot.querySelectorAll('canvas').length,
      canvas.width,
    ];
  });
  assert.deepEqual(found, [[300, true, true, true], true, 1, 0]);
  assert.deepEqual(requests, ['wide-300.lic', 'wide-900.lic']);
});

test('another density of the screen', { skip }, async () => {
  const { page } = await openPage();
  const client = await page.context().newCDPSession(page);
  const first = await page.evaluate(async () => {
    globalThis.image = add('lic-img', { srcset: '/pictures/small-1.lic, /pictures/small-2.lic 2x' });
    await settled(image);
    return image.currentSrc;
  });
  await client.send('Emulation.setDeviceMetricsOverride', {
    width: 800,
    height: 600,
    deviceScaleFactor: 2,
    mobile: false,
  });
  const second = await page.evaluate(async () => {
    await until(() => image.events.length === 2);
    return [image.currentSrc, image.naturalWidth];
  });
  assert.match(first, /small-1/);
  assert.match(second[0], /small-2/);
  assert.equal(second[1], 16);
});

test('removed while loading: the fetch ends, nothing more happens; put back, it loads', { skip }, async () => {
  const { page } = await openPage();
  const found = await page.evaluate(async () => {
    const signals = [];
    const original = fetch;
    globalThis.fetch = (url, init) => {
      if (String(url).includes('/pictures/')) signals.push(init.signal);
      return original(url, init);
    };
    const image = add('lic-img', { src: '/pictures/wide.lic' });
    await Promise.resolve();
    const decoding = image.decode().catch(({ name }) => name);
    await Promise.resolve();
    image.remove();
    const rejection = await decoding;
    await sleep(200);
    const removed = [
      rejection,
      signals[0].aborted,
      [...image.events],
      image.shadowRoot.querySelector('canvas'),
      image.complete,
    ];
    document.body.append(image);
    await settled(image);
    return [removed, image.naturalWidth, image.events, signals.length];
  });
  assert.deepEqual(found, [['EncodingError', true, [], null, false], 300, ['load'], 2]);
});

test('moved, also while loading: one request', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/wide.lic' });
    const box = document.createElement('div');
    document.body.append(box);
    await Promise.resolve();
    box.append(image);
    await sleep(0);
    document.body.append(image);
    await settled(image);
    box.append(image);
    box.moveBefore?.(image, null);
    await sleep(100);
    return [image.events, image.shadowRoot.querySelector('canvas').width];
  });
  assert.deepEqual(found, [['load'], 300]);
  assert.deepEqual(requests, ['wide.lic']);
});

/** In the page: red, green, blue, alpha of what an element shows. */
const readPixels = () => {
  globalThis.pixelsOf = (image) => {
    const canvas = image.shadowRoot.querySelector('canvas');
    return String(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
  };
};

test(
  'out of the document a picture holds no pixels; put back, it has the same without a request or an event',
  { skip },
  async () => {
    const { page, requests } = await openPage();
    await page.evaluate(readPixels);
    const found = await page.evaluate(async () => {
      const image = add('lic-img', { src: '/pictures/wide.lic' });
      await settled(image);
      const before = pixelsOf(image);
      const canvas = image.shadowRoot.querySelector('canvas');
      image.remove();
      await sleep(50);
      const removed = [canvas.width, canvas.height, image.complete, image.naturalWidth];
      document.body.append(image);
      const box = image.getBoundingClientRect();
      await until(() => canvas.width === 300 && pixelsOf(image) === before);
      return [removed, box.width, box.height, image.events];
    });
    assert.deepEqual(found, [[32, 22, true, 300], 300, 200, ['load']]);
    assert.deepEqual(requests, ['wide.lic']);
  },
);

test('the copy of a picture that is shown small goes and comes back with its pixels', { skip }, async () => {
  const { page } = await openPage();
  const found = await page.evaluate(async () => {
    style('lic-img { display: block; width: 60px; height: auto }');
    const image = add('lic-img', { src: '/pictures/wide.lic' });
    const findCopy = () => image.shadowRoot.querySelector('.seen');
    const toText = (canvas) => String(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
    await settled(image);
    await until(findCopy);
    const before = findCopy();
    const pixels = toText(before);
    image.remove();
    await sleep(50);
    const removed = [before.width, before.height, findCopy()];
    document.body.append(image);
    await until(() => findCopy() && toText(findCopy()) === pixels);
    return [removed, findCopy() === before];
  });
  assert.deepEqual(found, [[0, 0, null], false]);
});

test('out of the document nothing is loaded, unless decode() asks for it', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/wide.lic' }, null);
    const other = add('lic-img', { src: '/pictures/small.lic' }, null);
    await sleep(100);
    const before = [image.complete, image.events.length];
    await image.decode();
    const decoded = [image.complete, image.naturalWidth, image.width];
    document.body.append(image);
    return [
      before,
      decoded,
      image.shadowRoot.querySelector('canvas').width,
      image.getBoundingClientRect().width,
      other.complete,
    ];
  });
  assert.deepEqual(found, [[false, 0], [true, 300, 300], 300, 300, false]);
  assert.deepEqual(requests, ['wide.lic']);
});

test('for paper all pictures load, lazy ones too', { skip }, async () => {
  const { page, requests } = await openPage();
  await page.evaluate(async () => {
    style('.far { display: block; margin-top: 9000px }');
    globalThis.image = add('lic-img', { src: '/pictures/small.lic', loading: 'lazy', class: 'far' });
    await sleep(100);
  });
  assert.deepEqual(requests, []);
  await page.pdf();
  await page.evaluate(() => until(() => image.complete));
  assert.deepEqual(requests, ['small.lic']);
});

test('lazy in a scrolled box', { skip }, async () => {
  const { page, requests } = await openPage();
  await page.evaluate(async () => {
    style('.box { height: 200px; overflow: auto } .far { display: block; margin-top: 9000px }');
    const box = document.createElement('div');
    box.className = 'box';
    document.body.append(box);
    globalThis.image = add('lic-img', { src: '/pictures/small.lic', loading: 'lazy', class: 'far' }, box);
    await sleep(100);
  });
  assert.deepEqual(requests, []);
  await page.evaluate(async () => {
    image.parentElement.scrollTo(0, 8500);
    await settled(image);
  });
  assert.deepEqual(requests, ['small.lic']);
});

test('lazy pictures load within 1250 pixels of the viewport, and of what is seen of a scroller', { skip }, async () => {
  const { page, requests } = await openPage();
  const found = await page.evaluate(async () => {
    const [near, far] = [1100, 1400];
    style('.box { height: 100px; overflow: auto; contain: strict } lic-img { display: block }');
    const space = (height, parent) => {
      const space = document.createElement('div');
      space.style.height = `${height}px`;
      return parent.appendChild(space);
    };
    const image = (name, parent) => {
      const src = `/pictures/small-${name}.lic`;
      return add('lic-img', { src, loading: 'lazy', width: 33, height: 31 }, parent);
    };
    const box = (parent) => {
      const box = document.createElement('div');
      box.className = 'box';
      return parent.appendChild(box);
    };
    const images = {};
    for (const [name, distance] of Object.entries({ near, far })) {
      const scroller = box(document.body);
      space(scroller.clientHeight + distance, scroller);
      images[`scroller ${name}`] = image(`in-${name}`, scroller);
      const inner = box(box(document.body));
      space(inner.clientHeight + distance, inner);
      images[`two scrollers ${name}`] = image(`two-${name}`, inner);
    }
    for (const [name, distance] of Object.entries({ near, far })) {
      space(0, document.body).style.height = `${innerHeight + distance - document.body.lastElementChild.offsetTop}px`;
      images[`page ${name}`] = image(name, document.body);
      images[`page, scroller ${name}`] = image(`below-${name}`, box(document.body));
    }
    await until(() => Object.entries(images).every(([key, image]) => key.endsWith('far') || image.complete));
    await sleep(100);
    return Object.keys(images).filter((key) => images[key].complete);
  });
  assert.deepEqual(found, ['scroller near', 'two scrollers near', 'page near', 'page, scroller near']);
  assert.ok(
    requests.every((name) => name.endsWith('near.lic')),
    `${requests}`,
  );
});

test('what the attributes ask of the fetch', { skip }, async () => {
  const { page } = await openPage();
  const found = await page.evaluate(async () => {
    const inits = [];
    const original = fetch;
    globalThis.fetch = (url, init) => {
      if (String(url).includes('/pictures/')) inits.push([init.credentials, init.referrerPolicy, init.priority]);
      return original(url, init);
    };
    const attributes = [
      {},
      { crossorigin: '' },
      { crossorigin: 'use-credentials', referrerpolicy: 'no-referrer' },
      { fetchpriority: 'high', referrerpolicy: 'bogus' },
    ];
    for (const each of attributes) await settled(add('lic-img', { src: '/pictures/small.lic', ...each }));
    return inits;
  });
  assert.deepEqual(found, [
    ['same-origin', '', 'auto'],
    ['same-origin', '', 'auto'],
    ['include', 'no-referrer', 'auto'],
    ['same-origin', '', 'high'],
  ]);
});

test('an answer that is none: the error says what and where', { skip }, async () => {
  const { page, url } = await openPage();
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/missing.lic' });
    await settled(image);
    const { code, message, details } = image.error;
    return { code, message, details };
  });
  const address = `${url}pictures/missing.lic`;
  assert.deepEqual(found, {
    code: 'io_error',
    message: `the server answered 404 for ${address}`,
    details: { status: 404, url: address },
  });
});

test('beyond a budget, those pictures give their pixels up that have been far from the viewport the longest', () => {
  const makePicture = (megapixels) => ({
    pixels: megapixels * 2 ** 20,
    release() {
      this.pixels = 0;
    },
  });
  const held = (pictures) => pictures.map(({ pixels }) => pixels / 2 ** 20);
  const pictures = Array.from({ length: 6 }, () => makePicture(10));
  for (const picture of pictures.slice(0, 4)) keep(picture, false);
  keep(pictures[1], true);
  keep(pictures[0], true);
  assert.deepEqual(held(pictures), [10, 10, 10, 10, 10, 10]);
  keep(pictures[4], false);
  assert.deepEqual(held(pictures), [10, 0, 10, 10, 10, 10], 'the first to be far');
  forget(pictures[2]);
  keep(pictures[5], false);
  assert.deepEqual(held(pictures), [10, 0, 10, 10, 10, 10], 'what has been removed does not count');
  const large = makePicture(100);
  keep(large, false);
  assert.deepEqual(held([...pictures, large]), [0, 0, 10, 10, 10, 10, 100], 'what is near stays');
});

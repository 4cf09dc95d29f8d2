// What is seen and heard where a picture cannot be shown, or not yet.

import assert from 'node:assert/strict';

import { rootPath } from '../../web/support/vectors.js';
import { skip, test } from '../support/browser.js';
import { define, useElementPage } from './element-page.js';

const openPage = useElementPage({ defined: false });
const MARKUP = 'tests/browser/element/lic-img.html';

/** Of the elements of lic-img.html: whether a canvas or the fallback is seen. */
const look = () =>
  [...document.querySelectorAll('lic-img')].map((image) => {
    const seen = (element) => Boolean(element && element.getBoundingClientRect().width > 0);
    return { canvas: seen(image.shadowRoot?.querySelector('canvas')), fallback: seen(image.querySelector('img')) };
  });

test('without scripts the fallback is there, in the size of the element', { skip }, async () => {
  const { page } = await openPage({ path: MARKUP, context: { javaScriptEnabled: false } });
  const fallback = page.locator('#shown img');
  await page.waitForFunction(() => document.querySelector('#shown img').naturalWidth > 0);
  assert.deepEqual(await fallback.evaluate((image) => [image.naturalWidth, image.width]), [300, 150]);
});

test('with scripts a lazy fallback costs no bytes', { skip }, async () => {
  const { page, requests } = await openPage({ path: MARKUP });
  await define(page);
  await page.evaluate(() =>
    Promise.allSettled([...document.querySelectorAll('lic-img')].map((image) => image.decode())),
  );
  await page.waitForFunction(() => document.querySelector('#broken img').complete);
  assert.deepEqual(await page.evaluate(look), [
    { canvas: true, fallback: false },
    { canvas: false, fallback: true },
  ]);
  assert.deepEqual(requests.sort(), ['broken-fallback.lic', 'wide-other.png', 'wide-shown.lic']);
});

const WITHOUT = {
  'without SIMD': () => {
    const original = WebAssembly.validate;
    WebAssembly.validate = (bytes) => bytes.length > 100 && original(bytes);
  },
  'without WebAssembly': () => delete globalThis.WebAssembly,
};

for (const [name, prepare] of Object.entries(WITHOUT)) {
  test(`${name}: the fallback, and not a byte of the picture`, { skip }, async () => {
    const { page, requests } = await openPage({ path: MARKUP, prepare: (page) => page.addInitScript(prepare) });
    await define(page);
    const error = await page.evaluate(async () => {
      const image = document.querySelector('lic-img');
      const { code, message } = await image.decode().catch((error) => error);
      return [code, message, image.complete, image.error.code];
    });
    assert.deepEqual(error, ['internal', 'this browser has no WebAssembly with SIMD', true, 'internal']);
    await page.waitForFunction(() => [...document.querySelectorAll('lic-img img')].every(({ complete }) => complete));
    assert.deepEqual(
      (await page.evaluate(look)).map(({ fallback }) => fallback),
      [true, true],
    );
    assert.deepEqual(requests.sort(), ['wide-fallback.png', 'wide-other.png']);
  });
}

test('a fallback that is there already stays until there is something better', { skip }, async () => {
  const { page } = await openPage();
  const found = await page.evaluate(async () => {
    document.body.innerHTML =
      '<lic-img src="/pictures/wide.lic" width="300" height="200" alt="">' +
      '<img src="/pictures/wide.png" alt=""></lic-img>';
    const child = document.querySelector('img');
    await child.decode();
    const { configure } = await import('/dist/index.js');
    configure({ models: '/tests/models/tiny.dec.licm' });
    await import('/dist/define.js');
    const image = document.querySelector('lic-img');
    const seen = [];
    const look = () => [child.getBoundingClientRect().width > 0, Boolean(image.shadowRoot.querySelector('canvas'))];
    while (!image.complete) {
      await new Promise(requestAnimationFrame);
      seen.push(look());
    }
    return seen;
  });
  assert.ok(found.length > 0);
  assert.ok(
    found.every(([fallback, canvas]) => fallback !== canvas),
    JSON.stringify(found),
  );
  assert.deepEqual(found.at(-1), [false, true]);
});

test('no children: the alternative text', { skip }, async () => {
  const { page } = await openPage();
  await define(page);
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/broken.lic', alt: 'A grey cat' });
    const text = image.shadowRoot.querySelector('[part=alt]');
    const shown = () => text.getBoundingClientRect().width > 0;
    await Promise.resolve();
    const before = shown();
    await settled(image);
    image.alt = 'A black cat';
    const after = [shown(), text.textContent];
    image.append(document.createElement('b'));
    await sleep(0);
    return [before, ...after, shown()];
  });
  assert.deepEqual(found, [false, true, 'A black cat', false]);
});

test('states for CSS', { skip }, async () => {
  const { page } = await openPage();
  await define(page);
  const found = await page.evaluate(async () => {
    style('.far { display: block; margin-top: 9000px }');
    const states = (image) =>
      ['idle', 'waiting', 'loading', 'loaded', 'error'].filter((state) => image.matches(`:state(${state})`)).join();
    const images = [
      {},
      { src: '/pictures/wide.lic' },
      { src: '/pictures/broken.lic' },
      { src: '/pictures/small.lic', loading: 'lazy', class: 'far' },
    ].map((each) => add('lic-img', each));
    await Promise.resolve();
    const early = images.map(states);
    await Promise.all([settled(images[1]), settled(images[2])]);
    return [early, images.map(states), images[1].hasAttribute('data-state')];
  });
  assert.deepEqual(found, [['idle', 'loading', 'loading', 'waiting'], ['idle', 'loaded', 'error', 'waiting'], false]);
});

test('states where the browser has none: data-state', { skip }, async () => {
  const { page, problems } = await openPage({
    prepare: (page) => page.addInitScript(() => delete ElementInternals.prototype.states),
  });
  await define(page);
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/wide.lic' });
    await Promise.resolve();
    const early = image.dataset.state;
    await settled(image);
    return [early, image.dataset.state, document.createElement('lic-img').attributes.length];
  });
  assert.deepEqual(found, ['loading', 'loaded', 0]);
  assert.deepEqual(problems, []);
});

/** The images of the accessibility tree, with their names. */
async function listImages(page) {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored, role }) => !ignored && ['image', 'img', 'Canvas'].includes(role.value))
    .map(({ role, name }) => `${role.value} ${name.value}`);
}

test('assistive technology hears what it hears of an <img>, and of a fallback only that', { skip }, async () => {
  const { page } = await openPage({ context: { bypassCSP: true } });
  await define(page);
  await page.evaluate(async () => {
    const wide = '/pictures/wide.lic';
    const images = [
      { src: wide, alt: 'A grey cat' },
      { src: wide, alt: '' },
      { src: wide, alt: 'not this', 'aria-label': 'A label' },
      { src: '/pictures/broken.lic', alt: 'A lost cat' },
    ].map((each) => add('lic-img', each));
    const fallback = add('lic-img', { src: '/pictures/broken.lic', alt: 'not this either' });
    fallback.innerHTML = '<img src="/pictures/small.png" alt="A small cat">';
    await Promise.all([...images, fallback].map(settled));
    const main = document.createElement('main');
    main.innerHTML = '<h1>Cats</h1>';
    main.append(...document.querySelectorAll('lic-img'));
    document.body.append(main);
    await sleep(100);
  });
  assert.deepEqual(await listImages(page), [
    'image A grey cat',
    'image A label',
    'image A lost cat',
    'image A small cat',
  ]);
  await page.addScriptTag({ path: rootPath('node_modules/axe-core/axe.min.js') });
  const { violations, passes } = await page.evaluate(async () => {
    const { violations, passes } = await globalThis.axe.run();
    return {
      violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      passes: passes.map(({ id }) => id),
    };
  });
  assert.deepEqual(violations, []);
  assert.ok(passes.includes('image-alt'));
});

// <lic-img> beside <img>, in one page: the same scenario has to give the same with both.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { isFirefox, skip, test } from '../support/browser.js';
import { OTHER_IMG_IN_FIREFOX } from '../support/chromium-only.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();
let sharedPage;

/**
 * Runs `scenario` in the page for both elements and compares what it returns; there, make() adds the element and at() is a picture's address.
 * @returns what both have returned
 */
async function compare(page, scenario, argument) {
  const results = [];
  for (const [tag, kind] of [
    ['img', 'png'],
    ['lic-img', 'lic'],
  ]) {
    await page.evaluate(
      ([tag, kind]) => {
        document.body.replaceChildren();
        document.adoptedStyleSheets = [];
        globalThis.at = (name) => `/pictures/${name}.${kind}`;
        globalThis.make = (attributes, parent) => globalThis.add(tag, attributes, parent);
      },
      [tag, kind],
    );
    const text = JSON.stringify((await page.evaluate(scenario, argument)) ?? null);
    results.push(JSON.parse(text.replaceAll(`.${kind}`, '')));
  }
  const [image, lic] = results;
  const isCompared = (name) => !isFirefox || !OTHER_IMG_IN_FIREFOX.some(({ result }) => result.test(name));
  const differing = Object.keys(image).filter((name) => isCompared(name) && !isDeepStrictEqual(lic[name], image[name]));
  assert.deepEqual(pick(lic, differing), pick(image, differing));
  return lic;
}

const pick = (record, names) => Object.fromEntries(names.map((name) => [name, JSON.stringify(record[name])]));

test('attributes are properties, and properties attributes', { skip }, async () => {
  const { page } = await openPage();
  await compare(page, () => {
    const tokens = [
      null,
      '',
      ' ',
      'lazy',
      'LAZY',
      'eager',
      'sync',
      'Async',
      'auto',
      'high',
      'low',
      'anonymous',
      'use-credentials',
      'no-referrer',
      'same-origin',
      'Strict-Origin',
      'x',
      ' 7',
      '7.5',
      '-1',
      '50%',
      '+3',
      '1e2',
    ];
    const properties = {
      src: 'src',
      srcset: 'srcset',
      sizes: 'sizes',
      alt: 'alt',
      width: 'width',
      height: 'height',
      crossOrigin: 'crossorigin',
      referrerPolicy: 'referrerpolicy',
      decoding: 'decoding',
      loading: 'loading',
      fetchPriority: 'fetchpriority',
    };
    // Chromium says 'auto' where the standard wants 'eager'.
    const read = (image, property) =>
      property === 'loading' ? image[property].replace('auto', 'eager') : image[property];
    const found = {};
    for (const [property, attribute] of Object.entries(properties)) {
      for (const token of tokens) {
        if (property.startsWith('src') && token?.includes('%')) continue;
        // Not in the document: sizes are those of the attributes.
        const image = make({}, null);
        if (token !== null) image.setAttribute(attribute, token);
        found[`${attribute}=${token}`] = read(image, property);
        if (token === null && property !== 'crossOrigin') continue;
        const other = make({}, null);
        other[property] = token;
        found[`${property}:=${token}`] = [other.getAttribute(attribute), read(other, property)];
      }
    }
    return found;
  });
});

const CASES = [
  '',
  'max-width: 100%; height: auto',
  'width: 90px; height: auto',
  'width: 50%',
  'height: 100px',
  'height: 100px; width: auto',
  'max-height: 50px',
  'max-width: 100px',
  'max-width: 100px; max-height: 30px',
  'min-width: 400px',
  'min-height: 300px',
  'display: block',
  'display: block; height: 100px',
  'float: left',
  'position: absolute',
  'padding: 10px; border: 2px solid',
  'padding: 10px; box-sizing: border-box; width: 100px; height: auto',
  'width: 100%; height: 100%',
  'aspect-ratio: 1',
  'width: 120px; aspect-ratio: 2',
  'margin: 0 auto; display: block',
  'vertical-align: middle',
];
const PARENTS = [
  'width: 200px; height: 250px',
  'width: 700px',
  'display: flex; height: 80px; width: 600px',
  'display: grid; width: 500px',
  'display: flex; align-items: center; width: 600px',
  'line-height: 40px',
];
const ATTRIBUTES = [
  {},
  { width: 60 },
  { height: 50 },
  { width: 60, height: 60 },
  { width: 60, height: 30 },
  { width: '50%' },
];

test('boxes: attributes, page styles, containers', { skip }, async () => {
  const { page } = await openPage();
  const measure = async ([cases, parents, attributes]) => {
    const found = {};
    const images = attributes.map((each) => make({ src: at('wide'), ...each }));
    await Promise.all(images.map((image) => image.decode()));
    for (const parent of parents) {
      for (const each of cases) {
        style(`.parent { ${parent} } .image { ${each} }`);
        for (const [i, image] of images.entries()) {
          const box = document.createElement('div');
          box.className = 'parent';
          image.className = 'image';
          box.append('x', image);
          document.body.replaceChildren(box);
          const { x, y, width, height } = image.getBoundingClientRect();
          found[`${parent} | ${each} | ${JSON.stringify(attributes[i])}`] = [x, y, width, height]
            .map((value) => Math.round(value * 10) / 10)
            .concat(image.width, image.height, Math.abs(image.x - x) < 1, Math.abs(image.y - y) < 1);
        }
      }
    }
    return found;
  };
  const seen = await compare(page, measure, [CASES, PARENTS, ATTRIBUTES]);
  assert.equal(Object.keys(seen).length, CASES.length * PARENTS.length * ATTRIBUTES.length);
});

const SRCSETS = [
  'a.x',
  'a.x, b.x 2x',
  'a.x 1x, b.x 2x, c.x 3x',
  'b.x 2x',
  'c.x 3x, a.x 1.5x',
  'a.x 1.2x,b.x 1.3x',
  'a.x 1e0x, b.x 2e0x',
  '  a.x\t2x\n,\fb.x  ',
  'a.x,b.x 2x',
  'a.x,,b.x 2x',
  ',a.x',
  'a.x 1x, b.x 1x',
  'a.x 1x 2x, b.x',
  'a.x -1x, b.x',
  'a.x 0x, b.x 2x',
  'a.x +1x, b.x 3x',
  'a.x 1.x, b.x 3x',
  'a.x .5x, b.x 3x',
  'a.x x, b.x',
  'a.x 2y, b.x',
  'a.x (,) 2x, b.x',
  'a.x (, b.x 2x',
  'a.x calc(2x), b.x',
  'a.x 100h, b.x',
  'a.x 100w 100h, b.x 50w',
  'a.x 100w 2x, b.x',
  '100w',
  'a.x 0w, b.x 300w',
  'a.x -5w, b.x',
  'a.x 5.5w, b.x',
  'data:,x 1x, b.x 2x',
  'a.x?q=1,2 2x',
  'a.x#(1, b.x 2x',
  '',
  ' ',
  ',',
  ', ,',
  'a.x 100w, b.x 400w, c.x 800w, d.x 1600w',
  'd.x 1600w, b.x 400w',
  'a.x 400w, b.x 400w',
  'a.x 400w, b.x',
  'a.x 1x, b.x 1600w',
];
const SIZES = [
  null,
  '100vw',
  '400px',
  '50vw',
  '(min-width: 600px) 300px, 100vw',
  '(min-width: 2000px) 300px, 700px',
  '(max-width: 2000px) and (min-width: 10px) 25vw, 700px',
  'calc(50vw - 100px)',
  'min(300px, 50vw)',
  'clamp(100px, 30vw, 300px)',
  '10em',
  '-300px, 200px',
  '50%',
  '0',
  '(min-width: 600px), 300px',
  '300px 400px',
  'not (min-width: 600px) 100px, 800px',
  '(min-width: calc(300px + 10px)) calc((100vw - 100px) / 2), 100px',
  'x, 300px',
  '(width < 600px) 100px, 1200px',
  '/* wide */ 300px',
  'screen 100px, 900px',
  '(bogus) 100px, 900px',
  '(min-width: 600px) 30vw',
  '  300px  , 900px',
  '300PX',
  'auto',
  'auto, 300px',
];

for (const deviceScaleFactor of [1, 1.3, 1.5, 2, 3]) {
  test(`the same choice of srcset and sizes, ${deviceScaleFactor} pixels for each CSS pixel`, { skip }, async () => {
    const { page } = await openPage({ context: { deviceScaleFactor, viewport: { width: 1000, height: 700 } } });
    await page.route(/\.x|100w/, (route) => route.fulfill({ body: '' }));
    const seen = await compare(
      page,
      async ([srcsets, sizes]) => {
        const images = {};
        // Chromium goes on using a denser file that it happens to have; so no two cases share an address.
        const note = (name, attributes) => {
          const own = Object.entries(attributes).map(([key, value]) => [
            key,
            value.replaceAll('.x', `.x${Object.keys(images).length}`),
          ]);
          images[name] = make(Object.fromEntries(own));
        };
        for (const srcset of srcsets) {
          note(srcset, { srcset });
          note(`${srcset} and src`, { srcset, src: 's.x' });
        }
        const srcset = [100, 200, 300, 400, 600, 800, 1000, 2000, 3000].map((width) => `${width}.x ${width}w`).join();
        for (const each of sizes) note(`sizes ${each}`, { srcset, ...(each === null ? {} : { sizes: each }) });
        await until(() => Object.values(images).every(({ complete }) => complete));
        return Object.fromEntries(Object.entries(images).map(([name, { currentSrc }]) => [name, currentSrc]));
      },
      [SRCSETS, SIZES],
    );
    assert.match(seen['a.x, b.x 2x'], deviceScaleFactor === 1 ? /a\.x/ : /b\.x/);
  });
}

test('sizes=auto: the width of a lazy element', { skip }, async () => {
  const { page } = await openPage({ context: { viewport: { width: 1000, height: 700 } } });
  const seen = await compare(page, async () => {
    style('.narrow { width: 250px }');
    const srcset = [100, 200, 300, 400, 1000].map((width) => `${at(`small-${width}`)} ${width}w`).join();
    const images = ['auto', 'auto, 100px', '100px'].map((sizes) =>
      make({ class: 'narrow', loading: 'lazy', sizes, srcset }),
    );
    await Promise.all(images.map(settled));
    return images.map(({ currentSrc }) => currentSrc);
  });
  assert.deepEqual(
    seen.map((src) => src.split('-').at(-1)),
    ['300', '300', '100'],
  );
});

// No two share an address: Chromium has a picture that it knows at once.
const SCENARIOS = {
  'no source': async () => {
    const image = make();
    await sleep(20);
    return [
      image.complete,
      image.currentSrc,
      image.naturalWidth,
      image.events,
      await image.decode().catch(({ name }) => name),
    ];
  },
  'an empty source': async () => {
    const image = make({ src: '' });
    await until(() => image.events.length);
    return [image.complete, image.currentSrc, image.naturalWidth, image.events];
  },
  'a source that is none': async () => {
    const image = make({ src: 'http://[' });
    await until(() => image.events.length);
    return [image.src, image.complete, image.naturalWidth, image.events];
  },
  'only an empty srcset': async () => {
    const image = make({ srcset: '' });
    await sleep(50);
    return [image.complete, image.currentSrc];
  },
  'a picture': async () => {
    const image = make({ src: at('wide-6'), alt: 'x' });
    const early = [image.complete, image.naturalWidth, image.width, image.height];
    await settled(image);
    return [
      early,
      image.complete,
      image.currentSrc,
      image.naturalWidth,
      image.naturalHeight,
      image.width,
      image.height,
      image.events,
    ];
  },
  'load and decode()': async () => {
    const image = make({ src: at('wide-7') });
    await Promise.all([image.decode(), settled(image)]);
    await image.decode();
    return image.events;
  },
  'a damaged picture': async () => {
    const image = make({ src: at('broken-8'), width: 50, height: 40 });
    const decoding = image.decode().catch(() => 'rejected');
    await settled(image);
    return [
      await decoding,
      image.complete,
      image.naturalWidth,
      image.currentSrc,
      image.width,
      image.height,
      image.events,
      await image.decode().catch(() => 'rejected'),
    ];
  },
  'a picture that is not there': async () => {
    const image = make({ src: at('missing') });
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'an empty answer': async () => {
    const image = make({ src: at('empty') });
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'attributes before the picture': async () => {
    const image = make({ src: at('wide-ratio'), width: 90, height: 60 });
    style('.fluid { width: 30px; height: auto }');
    image.className = 'fluid';
    const { width, height } = image.getBoundingClientRect();
    await image.decode();
    return [width, height, image.width, image.height];
  },
  'src, changed at once': async () => {
    const image = make({ src: at('wide-11') });
    image.src = at('small-11');
    await settled(image);
    await sleep(300);
    return [image.currentSrc, image.naturalWidth, image.events];
  },
  'src, changed while loading': async () => {
    const image = make({ src: at('wide-12') });
    const decoding = image.decode().then(
      () => 'done',
      ({ name }) => name,
    );
    await sleep(0);
    image.src = at('small-12');
    await settled(image);
    await sleep(300);
    return [await decoding, image.currentSrc, image.naturalWidth, image.events];
  },
  'src, changed when loaded: what was shown stays until the next is there': async () => {
    const image = make({ src: at('wide-13') });
    await settled(image);
    image.src = at('small-13');
    const at0 = [image.complete, image.getBoundingClientRect().width];
    await settled(image);
    return [at0, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'src, set to what it is': async () => {
    const image = make({ src: at('wide-14') });
    await settled(image);
    image.src = image.getAttribute('src');
    await settled(image);
    return image.events;
  },
  'src, removed when loaded': async () => {
    const image = make({ src: at('wide-15') });
    await settled(image);
    image.removeAttribute('src');
    await sleep(50);
    return [image.complete, image.currentSrc, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'recovery from an error': async () => {
    const image = make({ src: at('broken-16') });
    await settled(image);
    image.src = at('small-16');
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'the density of srcset makes the size': async () => {
    const images = [
      { srcset: `${at('wide-2x')} 2x` },
      { srcset: `${at('wide-w')} 300w`, sizes: '120px' },
      { srcset: `${at('wide-3')} 3x`, width: 50 },
    ].map((each) => make(each));
    await Promise.all(images.map((image) => image.decode()));
    const facts = images.map((image) => [
      image.naturalWidth,
      image.naturalHeight,
      image.width,
      image.height,
      image.currentSrc,
    ]);
    return { whole: facts.slice(0, 2), broken: facts[2] };
  },
  'moved when loaded, moved while loading': async () => {
    const image = make({ src: at('wide-18') });
    const box = document.createElement('div');
    document.body.append(box);
    box.append(image);
    await image.decode();
    document.body.append(image);
    box.append(image);
    await sleep(100);
    return [image.complete, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'lazy, far away: nothing yet; then scrolled to': async () => {
    style('.far { display: block; margin-top: 9000px }');
    const image = make({ src: at('small-lazy'), loading: 'lazy', class: 'far', width: 30, height: 20 });
    await sleep(150);
    const early = [image.complete, image.naturalWidth, image.width, image.height, image.events.length];
    image.scrollIntoView();
    await settled(image);
    scrollTo(0, 0);
    return [early, image.complete, image.naturalWidth, image.events];
  },
  'lazy, then eager': async () => {
    style('.far { display: block; margin-top: 9000px }');
    const image = make({ src: at('small-eager'), loading: 'lazy', class: 'far' });
    await sleep(50);
    image.loading = 'eager';
    await settled(image);
    return [image.complete, image.events];
  },
  'lazy and not displayed': async () => {
    style('.gone { display: none }');
    const image = make({ src: at('small-gone'), loading: 'lazy', class: 'gone' });
    await sleep(150);
    return [image.complete, image.naturalWidth, image.events];
  },
  'not displayed, and eager': async () => {
    style('.gone { display: none }');
    const image = make({ src: at('wide-gone'), class: 'gone' });
    await settled(image);
    return [image.complete, image.naturalWidth, image.width, image.x];
  },
  'a clone loads for itself': async () => {
    const image = make({ src: at('wide-23'), alt: 'x' });
    await image.decode();
    const clone = image.cloneNode(true);
    document.body.append(clone);
    await settled(clone);
    return [clone.naturalWidth, clone.alt];
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`the same course: ${name}`, { skip }, async () => {
    sharedPage ??= openPage();
    const { page } = await sharedPage;
    await compare(page, scenario);
  });
}

// <lic-img> beside <img>: which file of srcset is chosen, by sizes, the viewport and the density of the screen.

import assert from 'node:assert/strict';

import { skip, test } from '../support/browser.js';
import { compare } from './beside-img.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();

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

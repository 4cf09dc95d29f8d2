// <lic-img> beside <img>: attributes, properties, boxes.

import assert from 'node:assert/strict';

import { skip, test } from '../support/browser.js';
import { compare } from './beside-img.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();

const TOKENS = [
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
/** By the properties, the attributes. */
const PROPERTIES = {
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

test('attributes are properties, and properties attributes', { skip }, async () => {
  const { page } = await openPage();
  const run = ([properties, tokens]) => {
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
  };
  await compare(page, run, [PROPERTIES, TOKENS]);
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

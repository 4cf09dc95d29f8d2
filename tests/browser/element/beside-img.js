// <lic-img> beside <img>, in one page: the same scenario has to give the same with both.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { isFirefox } from '../support/browser.js';
import { OTHER_IMG_IN_FIREFOX } from '../support/chromium-only.js';

/**
 * Runs `scenario` in the page for both elements and compares what it returns; there, make() adds the
 * element and at() is a picture's address.
 * @returns what both have returned
 */
export async function compare(page, scenario, argument) {
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

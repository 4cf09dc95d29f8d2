// <lic-img> has the box of an <img> in every layout: all of them stand in one page, each once with both.

import assert from 'node:assert/strict';

import { isFirefox, skip, test } from '../support/browser.js';
import { useElementPage } from './element-page.js';
import { CASES, DIFFERING, PARENTS } from './layouts.js';

const openPage = useElementPage();

test('boxes in every layout', { skip }, async () => {
  const { page, problems } = await openPage();
  const found = await page.evaluate(
    async ([parents, cases]) => {
      style(`.frame { position: relative; width: 620px; height: 320px; contain: strict }
      .tall { width: 60px; height: 220px; display: inline-block; flex: none }`);
      const build = (tag, kind) =>
        parents.flatMap((parent) =>
          cases.map((css) => {
            const [frame, box, tall] = ['div', 'div', 'span'].map((name) => document.createElement(name));
            frame.className = 'frame';
            box.style.cssText = parent;
            const image = add(tag, { src: `/pictures/wide.${kind}` }, box);
            image.style.cssText = css;
            tall.className = 'tall';
            box.append(tall);
            frame.append(box);
            document.body.append(frame);
            return { name: `${parent} | ${css}`, frame, image };
          }),
        );
      const sets = [build('img', 'png'), build('lic-img', 'lic')];
      await Promise.all(sets.flat().map(({ image }) => image.decode()));
      await new Promise((resolve) =>
        requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(resolve)))),
      );
      const [images, elements] = sets.map((set) =>
        set.map(({ name, frame, image }) => {
          const [{ x, y, width, height }, outer] = [image, frame].map((each) => each.getBoundingClientRect());
          return { name, box: [x - outer.x, y - outer.y, width, height] };
        }),
      );
      return images.map(({ name, box }, i) => ({ name, right: box, seen: elements[i].box }));
    },
    [PARENTS, CASES],
  );
  assert.equal(found.length, PARENTS.length * CASES.length);
  const excepted = DIFFERING.filter(({ engine }) => !engine || isFirefox).map(({ layout }) => layout);
  const compared = found.filter(({ name }) => !excepted.includes(name));
  assert.ok(compared.length >= 140, `${compared.length} layouts`);
  const differing = compared.filter(({ right, seen }) => right.some((value, i) => Math.abs(value - seen[i]) > 0.5));
  assert.deepEqual(
    differing.map(({ name, right, seen }) => `${name}: ${right.map(Math.round)} and ${seen.map(Math.round)}`),
    [],
  );
  assert.deepEqual(problems, []);
});

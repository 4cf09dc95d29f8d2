// The bands of a large picture.

import assert from 'node:assert/strict';
import test from 'node:test';

import { planBands } from '../../../web/decoder/bands.js';

/** Numbers that are the same in every run: a linear congruential generator, "minimal standard" of Park and Miller. */
function makeRandom(seed) {
  let state = seed;
  return (least, most) => least + ((state = (state * 48271) % 2147483647) % (most - least + 1));
}

/** The bands of a region, which follow each other from its top to its bottom. */
function checkBands(info, region, workers) {
  const bands = planBands(info, region, workers);
  const about = JSON.stringify({ info, region, workers, bands });
  const { x, y, width, height } = region ?? { x: 0, y: 0, ...info };
  let end = y;
  for (const band of bands) {
    assert.deepEqual([band.x, band.y, band.width], [x, end, width], about);
    assert.ok(band.height > 0, about);
    end += band.height;
  }
  assert.equal(end, y + height, about);
  assert.ok(bands.length >= 1 && bands.length <= workers, about);
  return bands.length;
}

test('bands are exactly the picture or the region, in any tiles, for any number of workers', () => {
  for (let workers = 1; workers <= 16; ++workers)
    checkBands({ width: 6000, height: 6000, tileUnits: 10 }, { x: 0, y: 4, width: 6000, height: 566 }, workers);
  const random = makeRandom(7);
  let most = 0;
  for (let i = 0; i < 4000; ++i) {
    const info = { width: random(1000, 30_000), height: random(100, 12_000), tileUnits: random(1, 40) };
    const [x, y] = [random(0, info.width - 1), random(0, Math.min(info.height - 1, 900))];
    const region = { x, y, width: random(1, info.width - x), height: random(1, info.height - y) };
    for (const part of [region, undefined]) most = Math.max(most, checkBands(info, part, random(1, 16)));
  }
  assert.ok(most >= 8, `${most} bands at most`);
});

// A whole study for each method: simulated raters sit before the real page, their answers go to the real endpoint,
// lic-mos analyses them. It must find the order of the codecs, and put out those who do not look; not the one who is
// harsh.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { licMos, readJson, skip, takePart, TOKEN, useScreen, useStudies } from './mos.js';

const openStudy = useStudies();
const openTest = useScreen();

const ORDER = ['fine', 'plain', 'rough'];
const QUALITY = { original: 4.9, fine: 4.3, plain: 3.2, rough: 2.1, damaged: 1 };
const GAIN_PER_RATE = 1.6; // grades for each bit per pixel beyond the lowest rate

/** file -> quality as it is seen by a rater without bias or noise */
function qualities({ plan, key }) {
  const found = new Map();
  for (const { id, pictures } of plan.items) {
    key.items[id].stimuli.forEach(({ codec, rate }, index) => {
      found.set(plan.pictures[pictures[index]].file, QUALITY[codec] + (rate ? (rate - 0.25) * GAIN_PER_RATE : 0));
    });
  }
  return (file) => found.get(file) ?? 3; // training pictures
}

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** bias and noise in grades; sensitivity: how strongly differences are felt. Gives the position of the answer. */
function honest(quality, { method, seed, bias = 0, noise = 0.5, sensitivity = 1 }) {
  const random = generator(seed);
  if (method === 'pair') {
    return ([first, second]) =>
      random() < 1 / (1 + Math.exp(2.5 * sensitivity * (quality(second) - quality(first)))) ? 0 : 1;
  }
  return (files) => {
    const felt = 3.2 + sensitivity * (quality(files.at(-1)) - 3.2) + bias + noise * normal(random);
    return Math.min(5, Math.max(1, Math.round(felt))) - 1;
  };
}

function panel(quality, method) {
  const answers = method === 'pair' ? 2 : 5;
  const random = generator(77);
  return {
    'honest 1': [honest(quality, { method, seed: 1, bias: 0.3 }), 'keys'],
    'honest 2': [honest(quality, { method, seed: 2, bias: -0.3, noise: 0.6 }), 'mouse'],
    'honest 3': [honest(quality, { method, seed: 3, sensitivity: 1.2 }), 'arrows'],
    'honest 4': [honest(quality, { method, seed: 4, sensitivity: 0.9 }), 'keys'],
    harsh: [honest(quality, { method, seed: 5, bias: -0.9 }), 'keys'],
    random: [() => Math.floor(random() * answers), 'keys'],
    constant: [() => answers - 1, 'keys'],
  };
}

for (const [method, options] of Object.entries({
  acr: [],
  dsis: ['--layout', 'beside', '--repeats', '3'],
  pair: ['--traps', '8'],
})) {
  test(
    `${method}: the order of the codecs is found, those who do not look are put out`,
    { skip, timeout: 240_000 },
    async () => {
      const opened = await openStudy(method, options);
      const waiting = Object.entries(panel(qualities(opened), method));
      const seat = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [name, [choose, hand]] = next;
          const page = await openTest(opened.url);
          await takePart(page, name, choose, hand);
          assert.match(await page.locator('#card-text').innerText(), /have arrived/);
          assert.deepEqual(page.problems, []);
          await page.close();
        }
      };
      await Promise.all([seat(), seat(), seat()]);

      const exported = await (
        await fetch(`${opened.url}results`, { headers: { Authorization: `Bearer ${TOKEN}` } })
      ).text();
      const lines = join(opened.study, 'results.jsonl');
      writeFileSync(lines, exported);
      licMos('analyze', opened.study, lines, '--out', join(opened.study, 'of-lines'));
      await opened.close();
      licMos('analyze', opened.study);
      const analysis = readJson(opened.study, 'report/analysis.json');
      assert.deepEqual(readJson(opened.study, 'of-lines/analysis.json'), analysis);

      assert.deepEqual(analysis.ranking, ORDER);
      const reasons = Object.fromEntries(analysis.raters.map(({ rater, reason }) => [rater, reason]));
      assert.deepEqual(
        Object.keys(reasons)
          .filter((name) => reasons[name])
          .sort(),
        ['constant', 'random'],
        JSON.stringify(reasons),
      );
      const [best, , worst] = ORDER;
      const difference = analysis.differences.find(
        (row) => row.rate === 'all' && row.better === best && row.worse === worst,
      );
      assert.ok(difference.p < 0.05, JSON.stringify(difference));
      if (method !== 'pair') checkScores(analysis.mos);
    },
  );
}

/** The mean of the honest raters' biases is -0.18; grades are cut off at 1 and 5. */
function checkScores(mos) {
  for (const { codec, rate, mean, raters } of mos) {
    assert.equal(raters, 5);
    if (rate !== 'all')
      assert.ok(
        Math.abs(mean - (QUALITY[codec] + (rate - 0.25) * GAIN_PER_RATE - 0.18)) < 0.55,
        `${codec} at ${rate}: ${mean}`,
      );
  }
}

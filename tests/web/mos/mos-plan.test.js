// Plans of subjective tests: what is refused, and the order in which raters see items. Python's checker of schemas says
// the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { neededRoom, problemOfDisplay } from '../../../web/mos/layout.js';
import { sessionOf } from '../../../web/mos/order.js';
import { problemOfPlan, problemOfResult } from '../../../web/mos/plan.js';
import { violation } from '../../../web/mos/schema.js';
import { makePlan, makeResult, planSchema, resultSchema } from './mos-plan.js';

/** A copy with the value at the path replaced, or removed if undefined. */
function changed(value, path, replacement) {
  const copy = structuredClone(value);
  const names = path.split('/').slice(1);
  const last = names.pop();
  const place = names.reduce((at, name) => at[name], copy);
  if (replacement === undefined) delete place[last];
  else place[last] = replacement;
  return copy;
}

const PLAN_CHANGES = [
  ['/format', 'x'],
  ['/version', 2],
  ['/version', '1'],
  ['/version', true],
  ['/id', '0123'],
  ['/id', undefined],
  ['/title', ''],
  ['/method', 'mushra'],
  ['/layout', null],
  ['/seed', 1.5],
  ['/seed', -1],
  ['/seed', 2 ** 32],
  ['/texts/instructions', []],
  ['/texts/consent', undefined],
  ['/texts/joke', 'a'],
  ['/scale', [{ value: 'a', label: 'A' }]],
  ['/scale/0/value', 6],
  ['/scale/0/value', true],
  ['/timing/gap_seconds', '0'],
  ['/timing/break_every', 0.5],
  ['/collect', 3],
  ['/pictures/g0x0a/width', 0],
  ['/pictures/g0x0a/file', '../key.json'],
  ['/pictures/g0x0a/file', 'pictures/a.png\n'],
  ['/items', []],
  ['/items/3/id', 'three'],
  ['/items/3', null],
  ['/items/3/group', 7],
  ['/items/3/pictures/0', 7],
  ['/training/0/expect', ['c']],
  ['/more', 1],
];

const RESULT_CHANGES = [
  ['/id', 'x'],
  ['/rater', ''],
  ['/rater', ' anna'],
  ['/rater', 'a'.repeat(65)],
  ['/rater', 'a\nb'],
  ['/rater', 'ä'.repeat(64)],
  ['/rater', 'anna '],
  ['/rater', 'a'],
  ['/rater', 'Łukasz 🦊'],
  ['/rater', '\ud800'],
  ['/rater', 'a\udfffb'],
  ['/rater', 'a\u0085b'],
  ['/rater', 'a\u2028b'],
  ['/rater', 'a\u0000'],
  ['/started', 'now'],
  ['/finished', 1],
  ['/pauses', -1],
  ['/display/pixel_ratio', 0],
  ['/display/pixel_ratio', null],
  ['/answers/0/value', 0],
  ['/answers/0/value', 'c'],
  ['/answers/0/seconds', -0.1],
  ['/answers/0/swapped', 'no'],
  ['/answers/0/swapped', 0],
  ['/answers/2/item', 'x1'],
  ['/answers/2/more', 1],
  ['/answers', {}],
];

test('schemas: every violation is named with its place', () => {
  assert.equal(violation(planSchema, makePlan()), null);
  assert.equal(violation(resultSchema, makeResult(makePlan())), null);
  for (const [path, value] of PLAN_CHANGES) {
    const found = violation(planSchema, changed(makePlan(), path, value));
    assert.ok(
      found?.startsWith(value === undefined ? path.split('/').slice(0, -1).join('/') || '/' : path),
      `${path} ${value}: ${found}`,
    );
  }
});

test("schemas: Python's checker finds the same", (t) => {
  const python = [process.env.LIC_PYTHON, '/usr/bin/python3', 'python3'].find(
    (name) => name && spawnSync(name, ['-c', 'import numpy']).status === 0,
  );
  if (!python) return t.skip('Python with numpy is missing');
  const plan = makePlan();
  const result = makeResult(plan);
  const cases = [
    [planSchema, plan],
    [resultSchema, result],
    ...PLAN_CHANGES.map(([path, value]) => [planSchema, changed(plan, path, value)]),
    ...RESULT_CHANGES.map(([path, value]) => [resultSchema, changed(result, path, value)]),
  ];
  const code =
    'import json, sys\nfrom models.evaluation.mos.schema import violation\n' +
    'print(json.dumps([violation(*case) for case in json.load(sys.stdin)]))';
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const run = spawnSync(python, ['-c', code], { cwd, input: JSON.stringify(cases), encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(
    JSON.parse(run.stdout),
    cases.map((pair) => violation(...pair)),
  );
});

test('schemas: raters have names that can be written into a line of a file', () => {
  const problem = (rater) => violation(resultSchema, changed(makeResult(makePlan()), '/rater', rater));
  for (const rater of ['a', 'anna b', 'Łukasz 🦊', 'ä'.repeat(64)]) assert.equal(problem(rater), null, rater);
  for (const rater of [' a', 'a ', '\ud800', 'a\udfffb', 'a\u0085b', 'a\u2028b', 'a\nb', '\u0000']) {
    assert.match(problem(rater) ?? '', /^\/rater: must match/, JSON.stringify(rater));
  }
});

test('plans: what the schema cannot say', () => {
  for (const method of ['acr', 'dsis', 'pair']) assert.equal(problemOfPlan(planSchema, makePlan({ method })), null);
  assert.equal(problemOfPlan(planSchema, makePlan({ ties: true })), null);
  for (const [path, value, words] of [
    ['/scale', makePlan({ method: 'acr' }).scale, /values for pair are a, b/],
    ['/layout', 'single', /single does not go with pair/],
    ['/texts/names', [], /names: pair needs 2/],
    ['/items/1/id', 'i0', /i0 is there twice/],
    ['/items/1/pictures', ['g0x0a'], /pair needs 2/],
    ['/items/1/pictures/0', 'toString', /toString is not one of the pictures/],
    ['/pictures/g0x1b/width', 65, /sizes differ/],
    ['/groups_per_rater', 7, /only 6 groups/],
  ])
    assert.match(problemOfPlan(planSchema, changed(makePlan(), path, value)), words);
});

test('results: only answers of this rater to this plan', () => {
  const plan = makePlan({ perRater: 3 });
  const result = makeResult(plan);
  assert.equal(problemOfResult(resultSchema, plan, result), null);
  assert.equal(problemOfResult(resultSchema, plan, makeResult(plan, { answers: 7 })), null);
  const shown = new Set(result.answers.map(({ item }) => item));
  const other = plan.items.find(({ id }) => !shown.has(id)).id;
  for (const [path, value, words] of [
    ['/answers/0/item', other, /not among this rater's items/],
    ['/answers/0/item', 'i9999', /not among/],
    ['/answers/1', result.answers[0], /answered twice/],
    ['/answers/0/value', 3, /3 is not on the scale/],
    ['/answers/0/swapped', !result.answers[0].swapped, /not this rater's order/],
    ['/answers', result.answers.slice(1), /finished: 1 answers are missing/],
    ['/training', [{ item: 't9', value: 'a', seconds: 1, swapped: false }], /training\/0/],
  ])
    assert.match(problemOfResult(resultSchema, plan, changed(result, path, value)).message, words);
  assert.equal(problemOfResult(resultSchema, plan, changed(result, '/plan', 'f'.repeat(16))).code, 'wrong_plan');
});

test('order: the same for the same rater, another for others, complete', () => {
  const plan = makePlan();
  const ids = (session) => session.map(({ item }) => item.id).join();
  assert.deepEqual(sessionOf(plan, 'anna'), sessionOf(makePlan(), 'anna'));
  assert.notEqual(ids(sessionOf(plan, 'anna')), ids(sessionOf(plan, 'bert')));
  assert.notEqual(ids(sessionOf(plan, 'anna')), ids(sessionOf(makePlan({ seed: 2 }), 'anna')));
  assert.deepEqual(
    sessionOf(plan, 'anna')
      .map(({ item }) => item.id)
      .sort(),
    plan.items.map(({ id }) => id).sort(),
  );
});

test('order: no picture after itself, repetitions apart and mirrored, half of the sides swapped', () => {
  const plan = makePlan();
  const firsts = new Map();
  for (let rater = 0; rater < 300; rater++) {
    const session = sessionOf(plan, `rater ${rater}`);
    const seen = new Map();
    for (const [index, { item, swapped }] of session.entries()) {
      const before = session[index - 1]?.item.group;
      assert.ok(item.group === null || item.group !== before, 'two items of a group follow each other');
      const earlier = seen.get(item.pictures.join());
      if (earlier) {
        assert.ok(index - earlier.index > 8, `repeated after ${index - earlier.index}`);
        assert.notEqual(swapped, earlier.swapped);
      }
      seen.set(item.pictures.join(), { index, swapped });
    }
    const share = session.filter(({ swapped }) => swapped).length / session.length;
    assert.ok(share > 0.3 && share < 0.7, `${share} swapped`);
    firsts.set(session[0].item.id, (firsts.get(session[0].item.id) ?? 0) + 1);
  }
  // each of 34 items comes first about 9 times of 300
  assert.ok(firsts.size >= 30 && Math.max(...firsts.values()) <= 25, JSON.stringify([...firsts]));
});

test('order: drawn groups are whole, and drawn alike', () => {
  const plan = makePlan({ perRater: 2 });
  const drawn = new Map();
  for (let rater = 0; rater < 300; rater++) {
    const session = sessionOf(plan, `rater ${rater}`);
    assert.equal(session.length, plan.items_per_rater);
    const groups = new Set(session.map(({ item }) => item.group).filter(Boolean));
    assert.equal(groups.size, 2);
    for (const group of groups) drawn.set(group, (drawn.get(group) ?? 0) + 1);
  }
  assert.ok(
    [...drawn.values()].every((count) => count > 70 && count < 135),
    JSON.stringify([...drawn]),
  ); // 100 each
});

test('room: device pixels are what counts', () => {
  const plan = makePlan({ method: 'acr' });
  assert.deepEqual(neededRoom(plan, 2), { width: 64, height: 48 });
  assert.deepEqual(neededRoom({ ...makePlan(), layout: 'beside' }, 2), { width: 64 * 2 + 48, height: 48 + 64 });
  assert.equal(problemOfDisplay({ width: 64, height: 48 }, neededRoom(plan, 1), 1), null);
  assert.match(
    problemOfDisplay({ width: 63, height: 48 }, neededRoom(plan, 1), 1),
    /63 × 48 pixels; the largest needs 64 × 48/,
  );
  assert.match(problemOfDisplay({ width: 640, height: 480 }, neededRoom(plan, 1), 1.5), /Pinch/);
});

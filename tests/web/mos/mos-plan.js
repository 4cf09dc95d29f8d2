// A small plan for the tests of web/mos/, and complete answers to it.

import { readFileSync } from 'node:fs';

import { sessionOf } from '../../../web/mos/order.js';

const readJson = (name) => JSON.parse(readFileSync(new URL(`../../../web/mos/${name}`, import.meta.url), 'utf8'));

export const planSchema = readJson('plan.schema.json');
export const resultSchema = readJson('result.schema.json');

/** `groups` groups of `size` items, one of them twice, and four traps. */
export function makePlan({ method = 'pair', groups = 6, size = 4, perRater = 0, seed = 1, ties = false } = {}) {
  const count = method === 'acr' ? 1 : 2;
  const pictures = {};
  const named = (name) => {
    pictures[name] = { file: `pictures/${name}.png`, width: 64, height: 48 };
    return name;
  };
  const contents = (name) => (count === 1 ? [named(name)] : [named(`${name}a`), named(`${name}b`)]);
  const items = [];
  for (let group = 0; group < groups; group++) {
    const names = Array.from({ length: size }, (_, index) => `g${group}x${index}`);
    for (const name of [...names, names[0]])
      items.push({ id: `i${items.length}`, group: `g${group}`, pictures: contents(name) });
  }
  for (let trap = 0; trap < 4; trap++)
    items.push({ id: `i${items.length}`, group: null, pictures: contents(`trap${trap}`) });
  const grades = [1, 2, 3, 4, 5].map((value) => ({ value, label: String(value) }));
  const sides = [
    { value: 'a', label: 'First' },
    ...(ties ? [{ value: 'tie', label: 'Same' }] : []),
    { value: 'b', label: 'Second' },
  ];
  return {
    format: 'lic-mos-plan',
    version: 1,
    id: '0123456789abcdef',
    title: 'Test',
    method,
    layout: method === 'acr' ? 'single' : 'alternate',
    seed,
    texts: {
      instructions: ['Look.'],
      consent: 'Yes.',
      question: 'How?',
      names: count === 1 ? [] : ['First', 'Second'],
      thanks: 'Thanks.',
    },
    scale: method === 'pair' ? sides : grades,
    timing: { gap_seconds: 0, least_seconds: 0, break_every: 0 },
    groups_per_rater: perRater,
    items_per_rater: (perRater || groups) * (size + 1) + 4,
    expected_minutes: 3,
    collect: 'results',
    pictures,
    training: [{ id: 't1', pictures: contents('example'), expect: [], feedback: 'So.' }],
    items,
  };
}

export function makeResult(plan, { id = 1, rater = 'anna', answers = Infinity } = {}) {
  const order = sessionOf(plan, rater);
  const given = order
    .slice(0, answers)
    .map(({ item, swapped }) => ({ item: item.id, value: plan.scale[0].value, seconds: 2.5, swapped }));
  return {
    format: 'lic-mos-result',
    version: 1,
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    plan: plan.id,
    rater,
    started: '2026-01-02T03:04:05.678Z',
    finished: given.length === order.length ? '2026-01-02T03:24:05.678Z' : null,
    pauses: 0,
    display: { pixel_ratio: 1.25, width: 1280, height: 800 },
    training: [],
    answers: given,
  };
}

// Plans and results: their types, and what their schemas cannot say. The page, the endpoint and the tests use it alike.

import { sessionOf } from './order.js';
import { violation } from './schema.js';

/**
 * @typedef {1 | 2 | 3 | 4 | 5 | 'a' | 'b' | 'tie'} Value an answer
 * @typedef {{file: string, width: number, height: number}} Picture
 * @typedef {{id: string, group: string | null, pictures: string[]}} Item
 * @typedef {{id: string, pictures: string[], expect: Value[], feedback: string}} TrainingItem
 * @typedef {object} Plan what plan.schema.json describes
 * @property {string} id
 * @property {string} title
 * @property {'acr' | 'dsis' | 'pair'} method
 * @property {'single' | 'beside' | 'alternate'} layout
 * @property {number} seed
 * @property {{instructions: string[], consent: string, question: string, names: string[], thanks: string}} texts
 * @property {{value: Value, label: string}[]} scale
 * @property {{gap_seconds: number, least_seconds: number, break_every: number}} timing
 * @property {number} groups_per_rater
 * @property {number} items_per_rater
 * @property {number} expected_minutes
 * @property {string | null} collect
 * @property {Record<string, Picture>} pictures
 * @property {TrainingItem[]} training
 * @property {Item[]} items
 *
 * @typedef {{item: string, value: Value, seconds: number, swapped: boolean}} Answer
 * @typedef {object} Result what result.schema.json describes
 * @property {'lic-mos-result'} format
 * @property {1} version
 * @property {string} id
 * @property {string} plan
 * @property {string} rater
 * @property {string} started
 * @property {string | null} finished
 * @property {number} pauses
 * @property {{pixel_ratio: number, width: number, height: number}} display
 * @property {Answer[]} training
 * @property {Answer[]} answers
 */

const SCALES = { acr: [1, 2, 3, 4, 5], dsis: [1, 2, 3, 4, 5], pair: ['a', 'tie', 'b'] };

/**
 * @param {import('./schema.js').Schema} schema plan.schema.json
 * @param {any} plan
 * @returns {string | null} what is wrong, with its place; null: nothing
 */
export function problemOfPlan(schema, plan) {
  return violation(schema, plan) ?? problemOfScale(plan) ?? problemOfItems(plan);
}

/** @param {Plan} plan */
function problemOfScale({ method, layout, scale, texts }) {
  const values = scale.map(({ value }) => value);
  const wanted = SCALES[method].filter((value) => value !== 'tie' || values.includes('tie'));
  if (values.join() !== wanted.join()) return `/scale: the values for ${method} are ${wanted.join(', ')}`;
  if ((layout === 'single') !== (method === 'acr')) return `/layout: ${layout} does not go with ${method}`;
  const names = method === 'acr' ? 0 : 2;
  return texts.names.length === names ? null : `/texts/names: ${method} needs ${names}`;
}

/** @param {Plan} plan */
function problemOfItems(plan) {
  const ids = new Set();
  const count = plan.method === 'acr' ? 1 : 2;
  for (const [list, items] of Object.entries({ training: plan.training, items: plan.items })) {
    for (const [index, { id, pictures }] of items.entries()) {
      const place = `/${list}/${index}`;
      if (ids.has(id)) return `${place}/id: ${id} is there twice`;
      ids.add(id);
      if (pictures.length !== count) return `${place}/pictures: ${plan.method} needs ${count}`;
      const unknown = pictures.find((name) => !Object.hasOwn(plan.pictures, name));
      if (unknown !== undefined) return `${place}/pictures: ${unknown} is not one of the pictures`;
      const [first, last] = [pictures[0], pictures[count - 1]].map((name) => plan.pictures[name]);
      if (first.width !== last.width || first.height !== last.height) return `${place}/pictures: their sizes differ`;
    }
  }
  const groups = new Set(plan.items.map(({ group }) => group).filter((group) => group !== null));
  return plan.groups_per_rater > groups.size ? `/groups_per_rater: there are only ${groups.size} groups` : null;
}

/**
 * @param {import('./schema.js').Schema} schema result.schema.json
 * @param {Plan} plan
 * @param {any} result
 * @returns {{code: 'bad_result' | 'wrong_plan', message: string} | null}
 */
export function problemOfResult(schema, plan, result) {
  const shape = violation(schema, result);
  if (shape) return { code: 'bad_result', message: shape };
  if (result.plan !== plan.id) return { code: 'wrong_plan', message: `/plan: this study's plan is ${plan.id}` };
  const message = problemOfAnswers(plan, result);
  return message ? { code: 'bad_result', message } : null;
}

/** @param {Plan} plan @param {Result} result */
function problemOfAnswers(plan, { rater, finished, training, answers }) {
  const values = new Set(plan.scale.map(({ value }) => value));
  const order = sessionOf(plan, rater);
  const shown = new Map(order.map((showing) => [showing.item.id, showing]));
  const given = new Set();
  for (const [index, { item, value, swapped }] of answers.entries()) {
    const showing = shown.get(item);
    if (!showing) return `/answers/${index}/item: ${item} is not among this rater's items`;
    if (showing.swapped !== swapped) return `/answers/${index}/swapped: is not this rater's order`;
    if (given.has(item)) return `/answers/${index}/item: ${item} is answered twice`;
    if (!values.has(value)) return `/answers/${index}/value: ${value} is not on the scale`;
    given.add(item);
  }
  const trained = new Set(plan.training.map(({ id }) => id));
  const odd = training.findIndex(({ item, value }) => !trained.has(item) || !values.has(value));
  if (odd >= 0) return `/training/${odd}: is not an answer to a training item`;
  return finished && given.size !== shown.size ? `/finished: ${shown.size - given.size} answers are missing` : null;
}

// The page of a subjective test. It needs no server but one for files: what it shows is in plan.json beside it.
//
//   plan.json ──> welcome ──> training ──> items, in the rater's own order ──> endpoint, or a file
//                    │            │                     │
//                    └────────────┴── browser storage ──┘   survives reloads

import { ask, byId, make, showCard, tameKeys } from './cards.js';
import { Clock } from './clock.js';
import { guardDisplay } from './guard.js';
import { sessionOf } from './order.js';
import { Pictures } from './pictures.js';
import { problemOfPlan } from './plan.js';
import { download, send } from './send.js';
import { Stage } from './stage.js';
import { Store } from './store.js';
import { Panel } from './trial.js';

/**
 * @typedef {import('./plan.js').Plan} Plan
 * @typedef {import('./plan.js').Result} Result
 * @typedef {import('./store.js').Session} Session
 */

const SEND_EVERY = 10; // answers, so that little is lost with a rater who does not come back

/** @returns {Promise<Plan>} */
async function loadPlan() {
  const [plan, schema] = await Promise.all(
    ['plan.json', 'plan.schema.json'].map(async (file) => {
      const response = await fetch(file, { cache: 'no-cache' });
      if (!response.ok) throw new Error(`${file} could not be loaded: ${response.status}`);
      return response.json();
    }),
  );
  const problem = problemOfPlan(schema, plan);
  if (problem) throw new Error(`plan.json is damaged. ${problem}`);
  return plan;
}

/** Where results go; null: the raters keep them. @param {Plan} plan */
const endpoint = (plan) => plan.collect && new URL(plan.collect, location.href).href;

/** Asks who is there. @param {Plan} plan @param {Store} store @returns {Promise<Session>} begun before, or new */
function welcome(plan, store) {
  const unfinished = store
    .sessions()
    .filter(({ result }) => !result.finished)
    .at(-1);
  byId('welcome-title').textContent = plan.title;
  byId('instructions').replaceChildren(...plan.texts.instructions.map((text) => make('p', text)));
  byId('facts').textContent =
    `${plan.items_per_rater} answers, about ${plan.expected_minutes} minutes. ` +
    'You can pause at any time; a reload loses nothing.';
  if (!store.isLasting) byId('facts').textContent += ' But this browser keeps no data for this page: do not reload it.';
  byId('keys').replaceChildren(...keysOf(plan).map((text) => make('li', text)));
  byId('consent-text').textContent = plan.texts.consent;
  byId('rater').value = new URLSearchParams(location.search).get('rater') ?? '';
  byId('welcome').showModal();
  return new Promise((done) => {
    const begin = (/** @type {Session} */ session) => {
      byId('welcome').close();
      done(session);
    };
    if (unfinished) {
      const { rater, answers } = unfinished.result;
      byId('continue').textContent = `Continue as ${rater}, after ${answers.length} answers`;
      byId('resume').hidden = false;
      byId('continue').addEventListener('click', () => begin(unfinished));
      byId('continue').focus();
    }
    byId('start').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      begin(newSession(plan, byId('rater').value.trim()));
    });
  });
}

/** @param {Plan} plan */
function keysOf({ scale, layout }) {
  return [
    `1 to ${scale.length}, or the arrow keys: choose an answer`,
    'Enter: next',
    ...(layout === 'alternate' ? ['Space: the other picture'] : []),
    'P: pause',
  ];
}

/** @param {Plan} plan @param {string} rater @returns {Session} */
function newSession(plan, rater) {
  const display = { pixel_ratio: devicePixelRatio, width: Math.max(innerWidth, 1), height: Math.max(innerHeight, 1) };
  return {
    sent: false,
    result: {
      format: 'lic-mos-result',
      version: 1,
      id: randomId(),
      plan: plan.id,
      rater,
      started: new Date().toISOString(),
      finished: null,
      pauses: 0,
      display,
      training: [],
      answers: [],
    },
  };
}

/** A random UUID; crypto.randomUUID is kept from pages of plain http. */
function randomId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Results of earlier raters that the endpoint does not have yet. @param {Plan} plan @param {Store} store */
async function sendLeftovers(plan, store) {
  const url = endpoint(plan);
  const leftovers = store.sessions().filter(({ result, sent }) => result.finished && !sent);
  for (const session of url ? leftovers : []) {
    if ((await send(/** @type {string} */ (url), session.result)) === null) store.remove(session);
  }
  const kept = store.sessions().filter(({ result, sent }) => result.finished && !sent);
  byId('leftover').hidden = kept.length === 0;
  byId('leftover').replaceChildren(
    ...kept.map(({ result }) => {
      const button = make('button', `Download the answers of ${result.rater}`);
      button.type = 'button';
      button.addEventListener('click', () => download(result));
      return button;
    }),
  );
}

/** @param {Plan} plan @param {Panel} panel @param {Session} session @param {Store} store */
async function train(plan, panel, session, store) {
  const { training } = session.result;
  const items = plan.training.slice(training.length);
  const pictures = new Pictures(plan, items);
  if (items.length)
    await ask(
      'Training',
      ['First some examples, to get used to the scale and the keys. They do not count.'],
      ['Begin'],
    );
  for (const [index, { id, expect, feedback }] of items.entries()) {
    const done = plan.training.length - items.length + index;
    const label = `Example ${done + 1} of ${plan.training.length}`;
    const loaded = await insist(() => pictures.of(index));
    const { value, seconds } = await panel.run({
      pictures: loaded,
      swapped: false,
      index: done,
      total: plan.training.length,
      label,
    });
    training.push({ item: id, value, seconds, swapped: false });
    store.save(session);
    await ask(
      expect.length && !expect.includes(value) ? 'Most people see it differently' : 'Good',
      [feedback],
      ['Continue'],
    );
  }
  if (items.length)
    await ask(
      'Now the test',
      ['From here on your answers count, and nothing is said about them. Trust your first impression.'],
      ['Begin'],
    );
}

/** @param {Plan} plan @param {Panel} panel @param {Session} session @param {Store} store */
async function test(plan, panel, session, store) {
  const { result } = session;
  const given = new Set(result.answers.map(({ item }) => item));
  const order = sessionOf(plan, result.rater);
  const waiting = order.filter(({ item }) => !given.has(item.id));
  const pictures = new Pictures(
    plan,
    waiting.map(({ item }) => item),
  );
  for (const [index, { item, swapped }] of waiting.entries()) {
    const done = result.answers.length;
    if (isBreak(plan, done) && index)
      await ask('Time for a break', ['Rest your eyes for a minute. Your answers are kept.'], ['Continue']);
    const loaded = await insist(() => pictures.of(index));
    const { value, seconds } = await panel.run({
      pictures: loaded,
      swapped,
      index: done,
      total: order.length,
      label: `${done + 1} of ${order.length}`,
    });
    result.answers.push({ item: item.id, value, seconds, swapped });
    if (index === waiting.length - 1) result.finished = new Date().toISOString();
    store.save(session);
    const url = endpoint(plan);
    if (url && !result.finished && result.answers.length % SEND_EVERY === 0) void send(url, result);
  }
}

/** @param {Plan} plan @param {number} done items */
const isBreak = ({ timing }, done) => timing.break_every > 0 && done > 0 && done % timing.break_every === 0;

/**
 * Loads, and asks to try again for as long as that fails.
 * @template T @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
async function insist(load) {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      await ask(
        'A picture is missing',
        [`${/** @type {Error} */ (error).message}. Is there a connection? Your answers are kept.`],
        ['Try again'],
      );
    }
  }
}

/**
 * Sends the result, or has the rater download it. Ends when another rater takes over.
 * @param {Plan} plan @param {Session} session @param {Store} store
 */
async function finish(plan, session, store) {
  const url = endpoint(plan);
  const title = 'Done. Thank you!';
  for (;;) {
    let problem = null;
    if (url && !session.sent) {
      const onRetry = (/** @type {number} */ tries) =>
        showCard(title, [`The server does not answer; trying again (${tries}) …`], ['Download your answers'], () =>
          download(session.result),
        );
      showCard(title, ['Your answers are being sent …'], [], () => {});
      problem = await send(url, session.result, { patient: true, onRetry });
    }
    if (problem === null && url) {
      session.sent = true;
      store.remove(session);
    }
    const state = session.sent
      ? 'Your answers have arrived.'
      : url
        ? `Your answers could not be sent: ${problem}. They are kept in this browser. ` +
          'Please download them and send us the file.'
        : 'Please download your answers and send us the file.';
    const buttons = ['Another person', 'Download your answers', ...(url && !session.sent ? ['Try again'] : [])];
    const pressed = await ask(title, [plan.texts.thanks, state], session.sent ? buttons.reverse() : buttons);
    if (pressed === 'Download your answers') download(session.result);
    if (pressed === 'Another person') return;
  }
}

async function main() {
  tameKeys();
  const plan = await loadPlan();
  document.title = plan.title;
  byId('title').textContent = plan.title;
  const store = new Store(plan.id);
  const clock = new Clock();
  const stage = new Stage(byId('stage'));
  /** @type {Session} */
  let session;
  const panel = new Panel(plan, stage, clock, async () => {
    session.result.pauses++;
    store.save(session);
    await ask('Pause', ['Your answers are kept. Take the time you need.'], ['Continue']);
  });
  guardDisplay(plan, stage, clock);
  void sendLeftovers(plan, store);
  session = await welcome(plan, store);
  store.save(session);
  await train(plan, panel, session, store);
  await test(plan, panel, session, store);
  await finish(plan, session, store);
  location.reload();
}

main().catch((error) => showCard('The test cannot be shown', [error.message], [], () => {}));

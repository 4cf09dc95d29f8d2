// One item: grey, the pictures, the rater's answer.

import { byId, make } from './cards.js';

/**
 * @typedef {import('./plan.js').Plan} Plan
 * @typedef {import('./plan.js').Value} Value
 * @typedef {{pictures: HTMLImageElement[], swapped: boolean, index: number, total: number, label: string}} Trial
 */

const sleep = (/** @type {number} */ seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class Panel {
  #plan;
  #stage;
  #clock;
  #onPause;
  /** @type {Value[]} in the order shown */
  #values = [];
  /** @type {Set<number>} pictures that have been shown */
  #seen = new Set();
  #current = 0; // the picture that is shown, of alternating ones
  #isOpen = false; // for answers
  #flips = 0;
  /** @type {(value: Value) => void} */
  #answer = () => {};

  /**
   * @param {Plan} plan
   * @param {import('./stage.js').Stage} stage
   * @param {import('./clock.js').Clock} clock
   * @param {() => Promise<void>} onPause shows the pause until it ends
   */
  constructor(plan, stage, clock, onPause) {
    this.#plan = plan;
    this.#stage = stage;
    this.#clock = clock;
    this.#onPause = onPause;
    byId('question').textContent = plan.texts.question;
    byId('pause').addEventListener('click', () => this.#pause());
    byId('panel').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    addEventListener('keydown', (event) => this.#key(event));
    if (plan.layout === 'alternate')
      byId('names').replaceChildren(...plan.texts.names.map((name, index) => this.#nameButton(name, index)));
    this.#offer(false);
  }

  /** @param {Trial} trial @returns {Promise<{value: Value, seconds: number}>} */
  async run({ pictures, swapped, index, total, label }) {
    const { layout, texts, timing } = this.#plan;
    byId('progress').value = index / total;
    byId('position').textContent = label;
    this.#offer(swapped);
    this.#seen.clear();
    this.#stage.arrange(layout, swapped ? [...pictures].reverse() : pictures, texts.names);
    await sleep(timing.gap_seconds);
    this.#clock.restart();
    this.#isOpen = true;
    byId('scale').disabled = false;
    this.#look(0);
    this.#radios()[0].focus({ preventScroll: true });
    const value = await new Promise((/** @type {(value: Value) => void} */ done) => {
      this.#answer = done;
    });
    this.#close();
    return { value, seconds: Math.round(this.#clock.seconds * 1000) / 1000 };
  }

  #close() {
    this.#isOpen = false;
    this.#flips++;
    byId('scale').disabled = true;
    this.#stage.show(() => false);
    this.#say('');
  }

  /** The answers, none chosen. @param {boolean} swapped */
  #offer(swapped) {
    const { scale, method } = this.#plan;
    this.#values = scale.map(({ value }) => value);
    if (swapped) this.#values.reverse();
    byId('options').replaceChildren(
      ...scale.map(({ label }, index) => {
        const option = document.createElement('label');
        const radio = Object.assign(document.createElement('input'), {
          type: 'radio',
          name: 'answer',
          value: String(index),
        });
        const text = make('span', '');
        text.append(...(method === 'pair' ? [label] : [make('b', String(index + 1)), label]));
        option.append(radio, text);
        return option;
      }),
    );
  }

  /** @returns {HTMLInputElement[]} */
  #radios() {
    return [...byId('options').querySelectorAll('input')];
  }

  /** Shows one of two alternating pictures, after grey; or all. @param {number} index */
  async #look(index) {
    const isAlternating = this.#plan.layout === 'alternate';
    this.#current = index;
    const flip = ++this.#flips;
    for (const [at, button] of [...byId('names').children].entries())
      button.setAttribute('aria-pressed', String(at === index));
    if (this.#seen.size) {
      this.#stage.show(() => false);
      await sleep(this.#plan.timing.gap_seconds);
      if (flip !== this.#flips) return; // answered, paused or flipped again
    }
    this.#stage.show((at) => !isAlternating || at === index);
    this.#seen.add(index);
    this.#say(isAlternating && this.#seen.size < 2 ? 'Look at the other picture too (Space).' : '');
  }

  #submit() {
    const chosen = this.#radios().findIndex((radio) => radio.checked);
    if (!this.#isOpen) return;
    if (this.#plan.layout === 'alternate' && this.#seen.size < 2)
      return this.#say('Look at both pictures first (Space shows the other one).');
    if (chosen < 0) return this.#say('Choose an answer first.');
    if (this.#clock.seconds < this.#plan.timing.least_seconds) return this.#say('Look a little longer, please.');
    this.#answer(this.#values[chosen]);
  }

  async #pause() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#flips++;
    this.#clock.hold('pause');
    this.#stage.show(() => false);
    await this.#onPause();
    this.#clock.release('pause');
    this.#isOpen = true;
    this.#look(this.#current);
    (this.#radios().find((radio) => radio.checked) ?? this.#radios()[0]).focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const onButton = event.target instanceof HTMLButtonElement;
    if (!this.#isOpen || document.querySelector('dialog[open]') || event.ctrlKey || event.altKey || event.metaKey)
      return;
    const radios = this.#radios();
    const chosen = radios.findIndex((radio) => radio.checked);
    const middle = (radios.length - 1) / 2;
    const [before, after] = chosen < 0 ? [Math.ceil(middle) - 1, Math.floor(middle) + 1] : [chosen - 1, chosen + 1];
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => choose(radios[Math.max(before, 0)]),
      ArrowDown: () => choose(radios[Math.max(before, 0)]),
      ArrowRight: () => choose(radios[Math.min(after, radios.length - 1)]),
      ArrowUp: () => choose(radios[Math.min(after, radios.length - 1)]),
      p: () => this.#pause(),
      ...(onButton ? {} : { Enter: () => this.#submit() }),
      ...(onButton || this.#plan.layout !== 'alternate' ? {} : { ' ': () => void this.#look(1 - this.#current) }),
      ...Object.fromEntries(radios.map((radio, index) => [String(index + 1), () => choose(radio)])),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }

  /** @param {string} name @param {number} index */
  #nameButton(name, index) {
    const button = make('button', name);
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => this.#isOpen && this.#look(index));
    return button;
  }

  /** @param {string} hint */
  #say(hint) {
    byId('hint').textContent = hint;
  }
}

/** @param {HTMLInputElement} radio */
function choose(radio) {
  radio.checked = true;
  radio.focus({ preventScroll: true });
}

// The quality dial: each position is a file, which is decoded when the dial gets there.

import { explain } from './catalog.js';
import { formatBytes, formatMs, showFacts } from './facts.js';
import { load } from './picture.js';
import { Viewer } from './viewer.js';

/** @typedef {import('./catalog.js').Entry} Entry */
/** @typedef {import('./catalog.js').Step} Step */

const [CHART_WIDTH, CHART_HEIGHT, CHART_MARGIN] = [320, 150, 10];

export class Dial {
  #section;
  #viewer;
  #image = /** @type {any} */ (document.createElement('lic-img'));
  #slider;
  /** @type {Entry | null} */
  #entry = null;
  #quality = 50;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.#section = section;
    this.#viewer = new Viewer(this.#find('.viewer'));
    // The next file is seen when all of it is there: no preview between two positions.
    this.#image.decoding = 'sync';
    this.#image.draggable = false;
    this.#slider = /** @type {HTMLInputElement} */ (this.#find('#dial'));
    this.#slider.addEventListener('input', () => this.#turn());
    this.#find('#against').addEventListener('change', () => this.#showOriginal());
  }

  /** @param {Entry} entry */
  open(entry) {
    this.#entry = entry;
    this.#section.hidden = entry.dial.length < 2;
    if (this.#section.hidden) return;
    this.#viewer.resize(entry);
    this.#slider.max = String(entry.dial.length - 1);
    const distance = (/** @type {Step} */ { quality }) => Math.abs(quality - this.#quality);
    this.#slider.value = String(
      entry.dial.indexOf(entry.dial.reduce((best, step) => (distance(step) < distance(best) ? step : best))),
    );
    this.#find('#against').closest('label').hidden = !entry.rivals.Original;
    this.#drawChart(entry.dial);
    this.#showOriginal();
    void this.#turn();
  }

  async #turn() {
    const entry = /** @type {Entry} */ (this.#entry);
    const step = entry.dial[this.#slider.valueAsNumber];
    this.#quality = step.quality;
    const text = String(step.quality);
    this.#find('#dial-value').textContent = text;
    this.#slider.setAttribute('aria-valuetext', `${text}, ${formatBytes(step.bytes)}`);
    this.#markChart(this.#slider.valueAsNumber);
    this.#say('');
    this.#image.alt = `${entry.name}, quality ${text}`;
    this.#viewer.show(this.#image, `LIC ${formatBytes(step.bytes)}`);
    const isCurrent = () => this.#entry === entry && this.#quality === step.quality;
    showFacts(this.#find('.facts'), factsOf(entry, step, null));
    try {
      const { decodeMs, ms } = await load(this.#image, step.url);
      if (isCurrent()) showFacts(this.#find('.facts'), factsOf(entry, step, decodeMs ?? ms));
    } catch (error) {
      if (isCurrent()) this.#say(`The file of quality ${text} cannot be shown: ${explain(error)}`);
    }
  }

  #showOriginal() {
    const original = this.#entry?.rivals.Original;
    const isWanted = /** @type {HTMLInputElement} */ (this.#find('#against')).checked;
    if (!original || !isWanted) return this.#viewer.compare(null);
    const image = document.createElement('img');
    image.alt = `${this.#entry?.name}, the original`;
    image.draggable = false;
    image.addEventListener('error', () => {
      if (!image.isConnected) return;
      this.#viewer.compare(null);
      this.#say('The original cannot be shown: the file is missing, or this browser does not know the format.');
    });
    image.src = original.url;
    this.#viewer.compare(image, `Original ${formatBytes(original.bytes)}`);
  }

  /** @param {Step[]} dial */
  #drawChart(dial) {
    const most = Math.max(...dial.map(({ bytes }) => bytes));
    const points = dial.map(({ quality, bytes }) => [
      CHART_MARGIN + ((quality - 1) / 99) * (CHART_WIDTH - 2 * CHART_MARGIN),
      CHART_HEIGHT - CHART_MARGIN - (bytes / most) * (CHART_HEIGHT - 2 * CHART_MARGIN),
    ]);
    const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
    const base = CHART_HEIGHT - CHART_MARGIN;
    this.#find('#chart').replaceChildren(
      draw('path', { class: 'area', d: `M${points[0][0]} ${base}L${path}L${points.at(-1)?.[0]} ${base}Z` }),
      draw('path', { class: 'line', d: `M${path}` }),
      ...points.map(([cx, cy]) => draw('circle', { cx, cy, r: 3.5 })),
    );
  }

  /** @param {number} position */
  #markChart(position) {
    /** @type {NodeListOf<SVGCircleElement>} */
    const circles = this.#find('#chart').querySelectorAll('circle');
    circles.forEach((circle, i) => circle.classList.toggle('current', i === position));
  }

  /** @param {string} text '' for nothing */
  #say(text) {
    const note = this.#find('.note');
    note.hidden = !text;
    note.textContent = text;
  }

  /** @param {string} selector @returns {any} */
  #find(selector) {
    return this.#section.querySelector(selector);
  }
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function draw(name, attributes) {
  const shape = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) shape.setAttribute(attribute, String(value));
  return shape;
}

/** @param {Entry} entry @param {Step} step @param {number | null} ms @returns {import('./facts.js').Fact[]} */
function factsOf({ width, height, rivals }, { bytes, psnr }, ms) {
  const original = rivals.Original;
  return [
    ['Size', formatBytes(bytes), original ? `${((bytes / original.bytes) * 100).toFixed(1)} % of the original` : ''],
    ['Bits per pixel', ((bytes * 8) / (width * height)).toFixed(3)],
    ...(psnr ? [/** @type {import('./facts.js').Fact} */ (['PSNR', `${psnr.toFixed(1)} dB`])] : []),
    ['Decode time', ms === null ? '–' : formatMs(ms)],
  ];
}

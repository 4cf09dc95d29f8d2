// The first section: a picture beside the same photo as JPEG or AVIF of about the same bytes.

import { explain } from './catalog.js';
import { formatBytes, formatMs, showFacts, sizeFacts } from './facts.js';
import { load } from './picture.js';
import { Viewer } from './viewer.js';

/** @typedef {import('./catalog.js').Entry} Entry */

const NOTHING = 'None';

export class Compare {
  #section;
  #viewer;
  #rivals;
  #note;
  #picker;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Entry | null} */
  #current = null;
  /** What is chosen stays chosen for the next picture. */
  #label = 'JPEG';
  #opened;

  /**
   * @param {HTMLElement} section
   * @param {(entry: Entry) => void} opened is told of the picture that is shown, when it is
   */
  constructor(section, opened) {
    this.#section = section;
    this.#opened = opened;
    this.#viewer = new Viewer(this.#find('.viewer'));
    this.#rivals = this.#find('#rivals');
    this.#note = this.#find('.note');
    this.#picker = /** @type {HTMLSelectElement} */ (this.#find('#picture'));
    this.#picker.addEventListener('change', () => this.open(this.#entries[this.#picker.selectedIndex]));
    for (const [id, step] of /** @type {[string, number][]} */ ([
      ['#before', -1],
      ['#next', 1],
    ])) {
      this.#find(id).addEventListener('click', () =>
        this.open(this.#entries.at((this.#picker.selectedIndex + step) % this.#entries.length)),
      );
    }
    this.#find('#zoom').addEventListener('change', ({ target }) => {
      this.#viewer.zoom = /** @type {HTMLInputElement} */ (target).value;
    });
  }

  /** @param {Entry[]} entries */
  list(entries) {
    this.#entries = entries;
    this.#picker.replaceChildren(...entries.map(({ name }) => new Option(name)));
    this.#find('#picker').hidden = entries.length < 2;
  }

  /** @param {Entry} [entry] */
  async open(entry) {
    if (!entry || entry === this.#current) return;
    this.#current = entry;
    this.#picker.selectedIndex = this.#entries.indexOf(entry);
    this.#say('');
    const image = /** @type {any} */ (document.createElement('lic-img'));
    image.alt = `${entry.name}, LIC`;
    image.draggable = false;
    this.#viewer.resize(entry);
    this.#viewer.show(image, `LIC ${formatBytes(entry.lic.bytes)}`);
    this.#showRivals(entry);
    showFacts(this.#find('.facts'), factsOf(entry, null));
    try {
      const times = await load(image, entry.lic.url);
      if (entry === this.#current) showFacts(this.#find('.facts'), factsOf(entry, times));
    } catch (error) {
      if (entry === this.#current) this.#say(`${entry.name} cannot be shown: ${explain(error)}.`, true);
    }
    if (entry === this.#current) this.#opened(entry);
  }

  /** @param {Entry} entry */
  #showRivals(entry) {
    const labels = Object.keys(entry.rivals);
    this.#rivals.hidden = labels.length === 0;
    const chosen = [this.#label, labels[0]].find((label) => label in entry.rivals) ?? NOTHING;
    const choices = [...labels, NOTHING].map((label) =>
      makeChoice('rival', label, label === chosen, () => this.#showRival(entry, (this.#label = label))),
    );
    this.#rivals.replaceChildren(/** @type {Element} */ (this.#rivals.querySelector('legend')), ...choices);
    if (!labels.length)
      this.#say(
        'This picture has no files of other formats to be compared with. ' +
          'scripts/demo.sh makes them, of photos that you name.',
      );
    this.#showRival(entry, chosen);
  }

  /** @param {Entry} entry @param {string} label */
  #showRival(entry, label) {
    const rival = entry.rivals[label];
    if (!rival) return this.#viewer.compare(null);
    const image = /** @type {HTMLImageElement} */ (
      document.createElement(rival.url.endsWith('.lic') ? 'lic-img' : 'img')
    );
    image.alt = `${entry.name}, ${label}`;
    image.draggable = false;
    image.addEventListener('error', () => {
      if (!image.isConnected) return;
      this.#viewer.compare(null);
      this.#say(
        `The ${label} file of ${entry.name} cannot be shown: it is missing, or this browser does not know the format.`,
        true,
      );
    });
    image.src = rival.url;
    this.#viewer.compare(image, `${label} ${formatBytes(rival.bytes)}`);
  }

  /** @param {string} text '' for nothing @param {boolean} [isProblem] is added to the problems before it */
  #say(text, isProblem = false) {
    const before = isProblem && this.#note.classList.contains('problem') ? `${this.#note.textContent} ` : '';
    this.#note.hidden = !text;
    this.#note.classList.toggle('problem', isProblem);
    this.#note.textContent = before + text;
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#section.querySelector(selector));
  }
}

/** @param {string} name @param {string} label @param {boolean} checked @param {() => void} choose */
function makeChoice(name, label, checked, choose) {
  const choice = document.createElement('label');
  const input = document.createElement('input');
  Object.assign(input, { type: 'radio', name, checked });
  input.addEventListener('change', choose);
  const text = document.createElement('span');
  text.textContent = label;
  choice.append(input, text);
  return choice;
}

/**
 * @param {Entry} entry @param {{decodeMs: number | null, ms: number} | null} times
 * @returns {import('./facts.js').Fact[]}
 */
function factsOf({ lic, width, height, rivals }, times) {
  const original = rivals.Original;
  const [size, density] = sizeFacts(lic.bytes, { width, height });
  const decoding = times?.decodeMs ?? times?.ms;
  return [
    original
      ? ['Size', formatBytes(lic.bytes), `${((lic.bytes / original.bytes) * 100).toFixed(1)} % of the original`]
      : size,
    density,
    ['Quality', String(Math.round(lic.quality)), lic.psnr ? `PSNR ${lic.psnr.toFixed(1)} dB` : 'of 100'],
    [
      'Decode time',
      decoding === undefined ? '–' : formatMs(decoding),
      times ? `shown after ${formatMs(times.ms)}` : '',
    ],
  ];
}

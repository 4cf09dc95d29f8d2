// A file of the visitor's own: dropped anywhere on the page, or picked.

import { explain } from './catalog.js';
import { formatMs, showFacts, sizeFacts } from './facts.js';
import { decodeFile, shrink } from './picture.js';
import { Viewer } from './viewer.js';

export class OwnFile {
  #section;
  #viewer;
  /** @type {AbortController | null} */
  #running = null;
  /** Of the picture that is shown. @type {{canvas: HTMLCanvasElement, name: string} | null} */
  #shown = null;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.#section = section;
    this.#viewer = new Viewer(this.#find('.viewer'));
    this.#find('#file').addEventListener('change', (/** @type {any} */ { target }) => this.#open(target.files));
    this.#find('#save').addEventListener('click', () => this.#save());
    addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    addEventListener('dragleave', ({ relatedTarget }) => {
      if (!relatedTarget) document.body.classList.remove('dropping');
    });
    addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      this.#section.scrollIntoView();
      this.#open(event.dataTransfer?.files);
    });
  }

  /** @param {FileList | null | undefined} files */
  async #open(files) {
    const file = files?.[0];
    if (!file) return;
    this.#running?.abort();
    const { signal } = (this.#running = new AbortController());
    this.#say('');
    try {
      const decoded = await decodeFile(file, signal);
      await this.#show(file, decoded);
    } catch (error) {
      if (!signal.aborted) this.#say(`${file.name} cannot be shown: ${explain(error)}`);
    }
  }

  /** @param {File} file @param {Awaited<ReturnType<typeof decodeFile>>} decoded */
  async #show(file, { canvas, info, ms, decodeMs }) {
    this.#shown = { canvas, name: file.name };
    this.#find('#own-shown').hidden = false;
    this.#viewer.resize(info);
    const { width } = this.#find('.stage').getBoundingClientRect();
    const seen = await shrink(canvas, width * devicePixelRatio);
    if (this.#shown.canvas !== canvas) return;
    seen.setAttribute('role', 'img');
    seen.setAttribute('aria-label', file.name);
    this.#viewer.show(seen, file.name);
    const kind = info.hasAlpha ? 'with alpha' : info.isGrey ? 'grey' : 'colour';
    const networks = info.modelId === null ? 'its own networks' : `model ${info.modelId.slice(0, 8)}`;
    showFacts(this.#find('.facts'), [
      ...sizeFacts(file.size, info),
      ['Quality', info.quality.toFixed(1), `${kind}, ${networks}`],
      ['Decode time', formatMs(decodeMs ?? ms)],
    ]);
  }

  async #save() {
    const { canvas, name } = /** @type {{canvas: HTMLCanvasElement, name: string}} */ (this.#shown);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    if (!blob) return this.#say('This browser cannot write a PNG of that size.');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `${name.replace(/\.lic$/, '')}.png`;
    link.click();
    // The browser reads it after the click.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** @param {string} text '' for nothing */
  #say(text) {
    const problem = this.#find('.problem');
    problem.hidden = !text;
    problem.textContent = text;
  }

  /** @param {string} selector @returns {any} */
  #find(selector) {
    return this.#section.querySelector(selector);
  }
}

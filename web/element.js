// <lic-img src alt width height loading>: shows a .lic file where an <img> would show another.
//
//   src ──> fetch ──> header: aspect ratio is known ──> decode ──> canvas ──> load event
//
// Each change of src starts a run with its own AbortController; a run that is no longer the current one changes nothing.
// Children are the fallback: they show before the element is defined, and when a picture cannot be shown.
// The class is importable where there is no DOM; define.js registers it.

import { decode } from './index.js';

/** @typedef {'idle' | 'waiting' | 'loading' | 'loaded' | 'failed'} State */

const Base = globalThis.HTMLElement ?? class {};

// Page styles go before :host rules, so `lic-img { max-width: 100%; height: auto }` works as it does for img.
const STYLE = `
  :host { display: inline-block; overflow: clip; vertical-align: bottom; }
  :host([hidden]) { display: none; }
  canvas {
    display: block; width: 100%; height: 100%;
    object-fit: var(--lic-object-fit, fill); object-position: var(--lic-object-position, 50% 50%);
  }
  [hidden] { display: none; }
`;

// How far ahead of the viewport a lazy picture begins to load.
const LAZY_MARGIN = '800px';

/** @type {CSSStyleSheet | undefined} */
let sharedSheet;

export class LicImgElement extends Base {
  static observedAttributes = ['src', 'alt', 'width', 'height', 'loading'];

  #internals;
  #canvas;
  #fallback;
  #sizeSheet;
  /** @type {{controller: AbortController, promise: Promise<void>} | null} the current run */
  #run = null;
  /** @type {IntersectionObserver | null} */
  #observer = null;
  /** @type {State} */
  #state = 'idle';
  /** @type {unknown} */
  #error = null;
  #naturalWidth = 0;
  #naturalHeight = 0;
  #currentSrc = '';

  constructor() {
    super();
    this.#internals = this.attachInternals();
    this.#canvas = document.createElement('canvas');
    this.#canvas.part.add('canvas');
    this.#fallback = document.createElement('slot');
    sharedSheet ??= makeSheet(STYLE);
    this.#sizeSheet = makeSheet('');
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sharedSheet, this.#sizeSheet];
    root.append(this.#canvas, this.#fallback);
    this.#enter('idle');
  }

  connectedCallback() {
    this.#describe();
    this.#resize();
    if (this.#state === 'idle') this.#restart();
  }

  // A loaded picture stays: elements are moved by removing and inserting them.
  disconnectedCallback() {
    if (this.#state === 'waiting' || this.#state === 'loading') this.#stop();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'alt') this.#describe();
    else if (name === 'width' || name === 'height') this.#resize();
    else if (name === 'src') this.#restart();
    else if (this.#state === 'waiting' && now !== 'lazy') this.#load();
  }

  get src() {
    const src = this.getAttribute('src');
    return src === null ? '' : resolveUrl(src);
  }
  set src(value) {
    this.setAttribute('src', value);
  }
  get alt() {
    return this.getAttribute('alt') ?? '';
  }
  set alt(value) {
    this.setAttribute('alt', value);
  }
  /** The width in CSS pixels at which the picture is shown, before that the attribute's. */
  get width() {
    return Math.round(this.getBoundingClientRect().width) || sizeAttribute(this, 'width') || 0;
  }
  set width(value) {
    this.setAttribute('width', String(value));
  }
  get height() {
    return Math.round(this.getBoundingClientRect().height) || sizeAttribute(this, 'height') || 0;
  }
  set height(value) {
    this.setAttribute('height', String(value));
  }
  get loading() {
    return this.getAttribute('loading') === 'lazy' ? 'lazy' : 'eager';
  }
  set loading(value) {
    this.setAttribute('loading', value);
  }
  get naturalWidth() {
    return this.#naturalWidth;
  }
  get naturalHeight() {
    return this.#naturalHeight;
  }
  /** Whether there is nothing to wait for: no src, or a picture that is shown or has failed. */
  get complete() {
    return !this.getAttribute('src') || this.#state === 'loaded' || this.#state === 'failed';
  }
  get currentSrc() {
    return this.#currentSrc;
  }
  /** Why the picture is not shown: a LicError, or null. */
  get error() {
    return this.#error;
  }

  /** Settles as the picture is shown or has failed; starts a lazy one. */
  async decode() {
    if (this.#state === 'waiting') this.#load();
    for (;;) {
      const run = this.#run;
      if (!run) throw new DOMException('there is no picture to load', 'EncodingError');
      await run.promise;
      if (run === this.#run) break;
    }
    if (this.#error) throw this.#error;
  }

  /** Drops what is shown or loading and begins with the present src. */
  #restart() {
    this.#stop();
    this.#error = null;
    this.#currentSrc = '';
    this.#setNaturalSize(0, 0);
    if (!this.isConnected || !this.getAttribute('src')) return;
    if (this.loading === 'lazy') this.#wait();
    else this.#load();
  }

  #stop() {
    this.#observer?.disconnect();
    this.#observer = null;
    removeEventListener('beforeprint', this.#loadNow);
    this.#run?.controller.abort();
    this.#run = null;
    this.#enter('idle');
  }

  /** Until the element comes near the viewport, or the page is printed. */
  #wait() {
    this.#enter('waiting');
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.#load();
      },
      { rootMargin: LAZY_MARGIN },
    );
    this.#observer.observe(this);
    addEventListener('beforeprint', this.#loadNow);
  }

  #loadNow = () => this.#load();

  #load() {
    this.#stop();
    this.#enter('loading');
    const controller = new AbortController();
    this.#currentSrc = this.src;
    this.#run = { controller, promise: this.#loadAndShow(this.#currentSrc, controller.signal) };
  }

  /** @param {string} url @param {AbortSignal} signal */
  async #loadAndShow(url, signal) {
    try {
      const picture = await decode(url, {
        signal,
        onInfo: ({ width, height }) => this.#setNaturalSize(width, height),
      });
      if (signal.aborted) return;
      this.#paint(picture);
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
      this.#setNaturalSize(0, 0);
    }
    this.#enter(this.#error ? 'failed' : 'loaded');
    this.dispatchEvent(this.#error ? errorEvent(this.#error) : new Event('load'));
  }

  /** @param {ImageData} picture */
  #paint(picture) {
    this.#canvas.width = picture.width;
    this.#canvas.height = picture.height;
    const context = this.#canvas.getContext('2d');
    if (!context) throw new DOMException('no canvas of this size', 'EncodingError');
    context.putImageData(picture, 0, 0);
  }

  /**
   * Shows what belongs to a state, and tells CSS: lic-img:state(loading). A canvas out of sight holds no memory.
   * @param {State} state
   */
  #enter(state) {
    this.#canvas.hidden = state !== 'loaded';
    if (this.#canvas.hidden) this.#canvas.width = this.#canvas.height = 0;
    this.#fallback.hidden = state !== 'idle' && state !== 'failed';
    try {
      this.#internals.states?.delete(this.#state);
      this.#internals.states?.add(state);
    } catch {
      // Browsers before :state() take only names that begin with two dashes.
    }
    this.#state = state;
  }

  #describe() {
    const alt = this.getAttribute('alt');
    this.#internals.role = alt === '' ? 'presentation' : 'img';
    this.#internals.ariaLabel = alt;
  }

  /** @param {number} width @param {number} height */
  #setNaturalSize(width, height) {
    this.#naturalWidth = width;
    this.#naturalHeight = height;
    this.#resize();
  }

  /** The size that the attributes ask for, or the picture's own; the ratio is known before the picture comes. */
  #resize() {
    const width = sizeAttribute(this, 'width');
    const height = sizeAttribute(this, 'height');
    const ratio = [this.#naturalWidth || width, this.#naturalHeight || height];
    const rules = [];
    if (width !== null) rules.push(`width: ${width}px`);
    else if (height === null && this.#naturalWidth) rules.push(`width: ${this.#naturalWidth}px`);
    if (height !== null) rules.push(`height: ${height}px`);
    if (ratio[0] && ratio[1]) rules.push(`aspect-ratio: ${ratio[0]} / ${ratio[1]}`);
    this.#sizeSheet.replaceSync(`:host { ${rules.join('; ')} }`);
  }
}

/** @param {string} css */
function makeSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/** @param {string} src */
function resolveUrl(src) {
  try {
    return new URL(src, document.baseURI).href;
  } catch {
    return src;
  }
}

/** @param {Element} element @param {string} name @returns {number | null} */
function sizeAttribute(element, name) {
  const value = Number.parseInt(element.getAttribute(name) ?? '', 10);
  return value >= 0 ? value : null;
}

/** @param {unknown} error */
function errorEvent(error) {
  return new ErrorEvent('error', { error, message: error instanceof Error ? error.message : String(error) });
}

// What is seen and heard of a <lic-img>: its shadow tree, its size, its states, its role.

import { dimension } from './attributes.js';
import { boxRules, fitLater } from './box.js';
import { StandIn } from './stand-in.js';

/** @typedef {'idle' | 'waiting' | 'loading' | 'loaded' | 'error'} State */

// Styles of the page win over :host rules, so `lic-img { max-width: 100%; height: auto }` works as it does for img.
const STYLE = `
  :host { display: inline-block; overflow: clip; width: fit-content; min-width: 0; min-height: 0; }
  :host([hidden]) { display: none; }
  div { display: grid; grid-template: 100% / 100%; width: 100%; height: 100%; isolation: isolate; }
  div { object-fit: inherit; object-position: inherit; }
  div > * { grid-area: 1 / 1; min-width: 0; min-height: 0; }
  canvas, ::slotted(img) { display: block; width: 100%; height: 100%; object-fit: inherit; object-position: inherit; }
  .rough { z-index: -1; }
  .felt { opacity: 0; }
  .seen { pointer-events: none; }
  [hidden] { display: none; font: initial; }
`;

export class Appearance {
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;
  /** @type {State} */
  #state = 'idle';
  /** @type {CSSStyleSheet | undefined} */
  #sizeSheet;
  /** The picture's size in CSS pixels, 0 where it is not known. @type {[width: number, height: number]} */
  #natural = [0, 0];
  /** Rules that only the size of the picture and the attributes decide. */
  #sizeRules = '';
  /** Declarations that its place in the page asks for. */
  #boxed = '';
  #boxObserver = new ResizeObserver(() => this.fit());
  #frame = document.createElement('div');
  #holder = document.createElement('div');
  /** What is seen in place of the canvas. */
  standIn = new StandIn(this.#frame, this.#holder);
  /** @type {ResizeObserver | null} */
  #observer = null;
  #slot = document.createElement('slot');
  #altText = document.createElement('span');
  #ruler = document.createElement('span');
  #element;
  #internals;
  #root;

  /** @param {HTMLElement} element without a shadow tree */
  constructor(element) {
    this.#element = element;
    this.#internals = element.attachInternals();
    this.#root = element.attachShadow({ mode: 'open' });
    this.#altText.part.add('alt');
    this.#slot.addEventListener('slotchange', () => this.#arrange());
    this.#ruler.hidden = true;
    this.#frame.append(this.#holder);
    this.#frame.hidden = true;
    this.#root.append(this.#frame, this.#slot, this.#altText, this.#ruler);
    this.#arrange();
  }

  /**
   * To be called when the element is in a document with a window. Style sheets belong to one document: in another it
   * gets new ones.
   */
  dress() {
    this.enter(this.#state);
    this.#boxed = '';
    this.#boxObserver.observe(this.#element);
    if (this.#root.adoptedStyleSheets.length) return;
    const { ownerDocument } = this.#element;
    this.#sizeSheet = makeSheet(ownerDocument, '');
    this.#root.adoptedStyleSheets = [sharedSheet(ownerDocument), this.#sizeSheet];
  }

  /** To be called when the element is taken out of a document. */
  undress() {
    this.#boxObserver.disconnect();
  }

  /**
   * Tells CSS the state: `lic-img:state(loading)`, or `lic-img[data-state=loading]` in browsers without such states.
   * @param {State} state
   */
  enter(state) {
    try {
      this.#internals.states.delete(this.#state);
      this.#internals.states.add(state);
    } catch {
      // An element that is being created may not have attributes.
      if (this.#element.isConnected) this.#element.dataset.state = state;
    }
    this.#state = state;
    this.#arrange();
    if (state !== 'loaded' || !this.#canvas) return;
    this.#observer ??= new ResizeObserver(() => this.refine());
    this.#observer.observe(this.#element);
  }

  /** To be called when the picture has all its pixels, or is shown in another size. */
  refine() {
    if (this.#state === 'loaded') this.standIn.refine();
  }

  /** @param {HTMLCanvasElement | null} canvas in place of the one before */
  show(canvas) {
    this.#canvas = canvas;
    this.standIn.show(canvas);
    this.#frame.hidden = !canvas;
    this.setDraggable();
    this.#arrange();
  }

  /** Pictures are dragged by default, other elements are not. */
  setDraggable() {
    if (this.#canvas) this.#canvas.draggable = this.#element.getAttribute('draggable') !== 'false';
  }

  /** Shows one of three: the picture, the children or the text. */
  #arrange() {
    const isOut = this.#state === 'error' || this.#state === 'idle';
    // A fallback that is seen already stays until something takes its place.
    const isThere = [...this.#element.querySelectorAll('img')].some(
      ({ complete, naturalWidth }) => complete && naturalWidth > 0,
    );
    this.#slot.hidden = Boolean(this.#canvas) || !(isOut || isThere);
    this.#altText.hidden = this.#state !== 'error' || this.#element.childElementCount > 0;
    this.describe();
  }

  /** Sets role and label for assistive technology. Children that are seen speak for themselves. */
  describe() {
    const alt = this.#element.getAttribute('alt');
    const isMute = !this.#slot.hidden && this.#element.childElementCount > 0;
    this.#internals.role = isMute ? null : alt === '' ? 'presentation' : 'img';
    this.#internals.ariaLabel = isMute ? null : alt;
    this.#altText.textContent = alt;
  }

  /**
   * Gives the element the size that its attributes ask for, or the picture's own; the ratio is known before the picture
   * comes.
   * @param {[width: number, height: number]} natural in CSS pixels, 0 where it is not known
   */
  resize(natural) {
    const [width, height] = (this.#natural = natural);
    const asked = [dimension(this.#element, 'width'), dimension(this.#element, 'height')];
    const isExact = asked.every((side) => side?.unit === 'px');
    const ratio = width ? [width, height] : isExact ? asked.map((side) => side?.value) : null;
    let rules = '';
    if (asked[0]) rules += `width: ${asked[0].value}${asked[0].unit};`;
    if (asked[1]) rules += `height: ${asked[1].value}${asked[1].unit};`;
    if (ratio?.[0] && ratio[1]) rules += `aspect-ratio: auto ${ratio[0]} / ${ratio[1]};`;
    // With size containment a box behaves as a replaced element of these natural dimensions.
    const own = width
      ? `@supports (contain-intrinsic-size: 1px) {
          :host { contain: size; contain-intrinsic-size: ${width}px ${height}px; }
        }`
      : '';
    this.#sizeRules = `:host { ${rules} } ${own}`;
    this.#setRules(this.#boxed);
    this.fit();
  }

  /** @param {string} boxed declarations beneath those of the attributes */
  #setRules(boxed) {
    this.#sizeSheet?.replaceSync(`:host { ${boxed} } ${this.#sizeRules}`);
  }

  /** To be called when the element may have come to another place in the page, or other styles. */
  fit() {
    if (!this.#sizeSheet) return;
    let width = 0;
    let boxed = '';
    fitLater(this.#element, [
      () => (width = this.#natural[0] && this.#frame.clientWidth),
      () => this.#boxed && this.#setRules(''),
      () => {
        const tryRules = (/** @type {string} */ rules) => this.#setRules(rules);
        if (width && this.#element.isConnected) boxed = boxRules(this.#element, this.#natural, width, tryRules);
      },
      () => this.#setRules((this.#boxed = boxed)),
    ]);
  }

  /**
   * @param {'width' | 'height'} side
   * @returns {number | null} CSS pixels of the picture or, before it is there, of the element; null where it is not
   *   rendered
   */
  measure(side) {
    if (!this.#element.getClientRects().length) return null;
    const box = this.#canvas ?? this.#element;
    return side === 'width' ? box.clientWidth : box.clientHeight;
  }

  /**
   * @param {string} text
   * @returns {number | null} CSS pixels, null for what is no length
   */
  measureLength(text) {
    this.#ruler.style.width = '';
    this.#ruler.style.width = text;
    const found = /^([\d.e+-]+)px$/.exec(getComputedStyle(this.#ruler).width);
    return found && Number(found[1]);
  }
}

/** @type {WeakMap<Document, CSSStyleSheet>} */
const sheets = new WeakMap();

/** @param {Document} owner */
function sharedSheet(owner) {
  const sheet = sheets.get(owner) ?? makeSheet(owner, STYLE);
  sheets.set(owner, sheet);
  return sheet;
}

/** @param {Document} owner @param {string} css */
function makeSheet(owner, css) {
  const view = /** @type {Window & typeof globalThis} */ (owner.defaultView);
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

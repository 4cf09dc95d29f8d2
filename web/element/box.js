// The box of a replaced element, such as an <img>, for an element that is none.
//
//   styles of the element, of its parent ──> boxRules ──> rules of :host, beneath those of the page
//
// CSS sizes replaced elements by their picture where it sizes others by the room: blocks without a width, items of
// grids and flex containers, what is positioned at opposite edges. Which of these an element is, only its styles tell,
// so they are read: before the first frame, and when the element, its attributes or the viewport have changed.

/**
 * @typedef {object} Sides of an axis: the names of its properties
 * @property {'width' | 'height'} size
 * @property {string} least
 * @property {string} most
 */
/** @type {Sides} */
const ACROSS = { size: 'width', least: 'min-width', most: 'max-width' };
/** @type {Sides} */
const DOWN = { size: 'height', least: 'min-height', most: 'max-height' };
const EDGES = ['top', 'right', 'bottom', 'left'];
const NAMES = [ACROSS, DOWN].flatMap(({ size, least, most }) => [size, least, most]).concat(EDGES);

/** What is to be done before the next frame, by the elements. @type {Map<Element, (() => void)[]>} */
const waiting = new Map();

/**
 * Takes steps before the next frame is painted, once. Elements take each step together, so that a browser lays out the
 * page once for all of them.
 * @param {Element} element @param {(() => void)[]} steps as many as all others have
 */
export function fitLater(element, steps) {
  if (!waiting.size) requestAnimationFrame(fitAll);
  waiting.set(element, steps);
}

function fitAll() {
  const due = [...waiting.values()];
  waiting.clear();
  for (let i = 0; i < due[0].length; ++i) for (const steps of due) steps[i]();
}

/**
 * @param {HTMLElement} element in a document that is shown, without earlier rules of this function
 * @param {[width: number, height: number]} natural size of the picture in CSS pixels
 * @param {number} width of the element's content box as it is shown, in CSS pixels
 * @param {(css: string) => void} tryRules sets rules of :host for a while
 * @returns {string} declarations
 */
export function boxRules(element, natural, width, tryRules) {
  const own = getComputedStyle(element);
  const parent = parentStyle(element);
  const { display, position, float: side } = own;
  const isOut = position === 'absolute' || position === 'fixed';
  const isItem = !isOut && parent !== null && /flex|grid/.test(parent.display);
  const isInline = display.startsWith('inline') || side !== 'none';
  if (!isOut && !isItem && isInline) return display === 'inline' ? 'display: inline-block !important;' : '';
  const values = readValues(element, own, tryRules);
  if (isOut) return placedRules(own, values);
  if (!isItem) return values.width === 'auto' ? 'width: fit-content !important;' : '';
  return itemRules(own, /** @type {CSSStyleDeclaration} */ (parent), values, natural, width);
}

/** Of the box around it. @param {Element} element */
function parentStyle(element) {
  for (let at = aboveOf(element); at; at = aboveOf(at)) {
    const style = getComputedStyle(at);
    if (style.display !== 'contents') return style;
  }
  return null;
}

/** @param {Element} element @returns {Element | null} */
function aboveOf(element) {
  const above = element.assignedSlot ?? element.parentNode;
  if (above instanceof ShadowRoot) return above.host;
  return /** @type {Element | null} */ (above?.nodeType === Node.ELEMENT_NODE ? above : null);
}

/**
 * The sizes that styles ask for, such as `auto` and `50%`: getComputedStyle() gives those of the box.
 * @param {HTMLElement} element @param {CSSStyleDeclaration} own @param {(css: string) => void} tryRules
 * @returns {Record<string, string>}
 */
function readValues(element, own, tryRules) {
  const { computedStyleMap } = /** @type {any} */ (element);
  const map = computedStyleMap?.call(element);
  // Firefox 153 has no such map; of an element without a box its styles are what was asked for.
  if (!map) tryRules('display: contents !important;');
  return Object.fromEntries(NAMES.map((name) => [name, map ? String(map.get(name)) : own.getPropertyValue(name)]));
}

/**
 * Opposite edges stretch a box whose size is automatic, unless it is aligned.
 * @param {CSSStyleDeclaration} own @param {Record<string, string>} values
 */
function placedRules({ alignSelf, justifySelf }, { top, right, bottom, left }) {
  const isFree = (/** @type {string} */ value) => value === 'auto' || value === 'normal';
  let rules = '';
  if (isFree(alignSelf) && !isFree(top) && !isFree(bottom)) rules += 'align-self: start;';
  if (isFree(justifySelf) && !isFree(left) && !isFree(right)) rules += 'justify-self: start;';
  return rules;
}

/**
 * @param {CSSStyleDeclaration} own @param {CSSStyleDeclaration} parent @param {Record<string, string>} values
 * @param {[width: number, height: number]} natural @param {number} width
 */
function itemRules(own, parent, values, natural, width) {
  const align = own.alignSelf === 'auto' ? parent.alignItems : own.alignSelf;
  const justify = own.justifySelf === 'auto' ? parent.justifyItems : own.justifySelf;
  const isFlex = parent.display.includes('flex');
  const isColumn = parent.flexDirection.startsWith('column');
  const isWide = isFlex && isColumn && /normal|stretch/.test(align);
  const ratio = ratioOf(own, natural);
  const shown = isWide || isRelative(values.width) ? width : null;
  const across = () => `min-width: ${leastSize(natural[0], ratio, values, ACROSS, DOWN, null)};`;
  const down = () => `min-height: ${leastSize(natural[1], 1 / ratio, values, DOWN, ACROSS, shown)};`;
  if (isFlex) return `width: auto; ${isColumn ? down() : across()}`;
  // An item of a grid that says nothing of its alignment is not stretched.
  let rules = 'width: auto;';
  if (!/stretch/.test(align + justify)) rules += across() + (isRelative(values['max-width']) ? '' : down());
  if (align === 'normal') rules += 'align-self: start;';
  if (/normal|legacy/.test(justify)) rules += 'justify-self: start;';
  return rules;
}

/** @param {CSSStyleDeclaration} own @param {[width: number, height: number]} natural */
function ratioOf({ aspectRatio }, [width, height]) {
  const found = /^([\d.]+)(?: \/ ([\d.]+))?$/.exec(aspectRatio);
  return found ? Number(found[1]) / Number(found[2] ?? 1) : width / height;
}

/**
 * The size below which flex containers and grids do not shrink a replaced element: that of the picture, as far as
 * styles do not ask for less.
 * @param {number} natural @param {number} ratio of this axis to the other @param {Record<string, string>} values
 * @param {Sides} axis @param {Sides} other @param {number | null} shown size in the other axis, where that decides
 */
function leastSize(natural, ratio, values, axis, other, shown) {
  let size = natural;
  const asked = shown ?? pixels(values[other.size]);
  if (asked !== null) size = asked * ratio;
  size = Math.min(size, (pixels(values[other.most]) ?? Infinity) * ratio);
  size = Math.max(size, (pixels(values[other.least]) ?? 0) * ratio);
  const limits = [values[axis.size], values[axis.most]].filter((value) => pixels(value) !== null || isRelative(value));
  return `min(${[`${size}px`, ...limits].join(', ')})`;
}

/** @param {string} value */
const pixels = (value) => (/^[\d.]+px$/.test(value) ? parseFloat(value) : null);

/** Whether it is a length that depends on the room. @param {string} value */
const isRelative = (value) => value.includes('%') || value.startsWith('calc(');

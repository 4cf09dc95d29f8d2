// The attributes of <lic-img> as properties, reflected as the HTML standard reflects those of <img>.

/** @type {('anonymous' | 'use-credentials')[]} */
const CREDENTIALS = ['use-credentials'];
const REFERRER_POLICIES = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
];

// A server has no HTMLElement; importing the class there is allowed.
const Base = globalThis.HTMLElement ?? class {};

export class ImageAttributes extends Base {
  /** Address of the .lic file. Reads as an absolute URL. @type {string} @attr */
  get src() {
    const src = this.getAttribute('src');
    return src === null ? '' : (resolveUrl(this, src) ?? src);
  }
  set src(value) {
    this.setAttribute('src', value);
  }

  /** Candidates with `x` or `w` descriptors, as `<img>` has them. @type {string} @attr */
  get srcset() {
    return this.getAttribute('srcset') ?? '';
  }
  set srcset(value) {
    this.setAttribute('srcset', value);
  }

  /**
   * The width at which the picture will be shown, for `w` descriptors: lengths after media conditions, or `auto`.
   * @type {string} @attr
   */
  get sizes() {
    return this.getAttribute('sizes') ?? '';
  }
  set sizes(value) {
    this.setAttribute('sizes', value);
  }

  /** What is said instead of the picture; empty for decoration. @type {string} @attr */
  get alt() {
    return this.getAttribute('alt') ?? '';
  }
  set alt(value) {
    this.setAttribute('alt', value);
  }

  /** `lazy` waits until the element comes near the viewport, or the page is printed. @type {'eager' | 'lazy'} @attr */
  get loading() {
    return keyword(this, 'loading', ['lazy'], 'eager');
  }
  set loading(value) {
    this.setAttribute('loading', value);
  }

  /** `sync` shows nothing before the whole picture is there. @type {'sync' | 'async' | 'auto'} @attr */
  get decoding() {
    return keyword(this, 'decoding', ['sync', 'async'], 'auto');
  }
  set decoding(value) {
    this.setAttribute('decoding', value);
  }

  /** How urgent the fetch is. @type {'high' | 'low' | 'auto'} @attr fetchpriority */
  get fetchPriority() {
    return keyword(this, 'fetchpriority', ['high', 'low'], 'auto');
  }
  set fetchPriority(value) {
    this.setAttribute('fetchpriority', value);
  }

  /**
   * `use-credentials` sends cookies to other origins. They need CORS in any case.
   * @type {'anonymous' | 'use-credentials' | null} @attr crossorigin
   */
  get crossOrigin() {
    return this.hasAttribute('crossorigin') ? keyword(this, 'crossorigin', CREDENTIALS, 'anonymous') : null;
  }
  set crossOrigin(value) {
    if (value == null) this.removeAttribute('crossorigin');
    else this.setAttribute('crossorigin', value);
  }

  /** What the fetch says of this page. @type {string} @attr referrerpolicy */
  get referrerPolicy() {
    return keyword(this, 'referrerpolicy', REFERRER_POLICIES, '');
  }
  set referrerPolicy(value) {
    this.setAttribute('referrerpolicy', value);
  }

  /** Left edge in CSS pixels from that of the page. @type {number} */
  get x() {
    return Math.trunc(this.getBoundingClientRect().x + scrollX);
  }

  /** Upper edge in CSS pixels from that of the page. @type {number} */
  get y() {
    return Math.trunc(this.getBoundingClientRect().y + scrollY);
  }
}

/**
 * The value of an enumerated attribute.
 * @template {string} T
 * @param {Element} element @param {string} name @param {T[]} keywords
 * @param {T} otherwise for a missing or unknown value
 */
function keyword(element, name, keywords, otherwise) {
  const value = element.getAttribute(name)?.toLowerCase();
  return keywords.find((word) => word === value) ?? otherwise;
}

/**
 * @param {Node} node @param {string} url
 * @returns {string | null} null where there is no such URL
 */
export function resolveUrl(node, url) {
  try {
    return new URL(url, node.baseURI).href;
  } catch {
    return null;
  }
}

/**
 * The value of `width` or `height` by the standard's rules for dimensions.
 * @param {Element} element @param {string} name
 * @returns {{value: number, unit: 'px' | '%'} | null}
 */
export function dimension(element, name) {
  const found = /^[\t\n\f\r ]*\+?(\d+(?:\.\d+)?)(%?)/.exec(element.getAttribute(name) ?? '');
  return found && { value: Number(found[1]), unit: found[2] ? '%' : 'px' };
}

/** @param {unknown} value @returns {string} as the standard reflects numbers that are not negative */
export function toUnsigned(value) {
  const number = Number(value) >>> 0;
  return String(number < 2 ** 31 ? number : 0);
}

/**
 * Sets the properties anew that a page has set before the element was defined: they hide the accessors of the class.
 * @param {any} element
 */
export function adoptProperties(element) {
  for (const name of Object.keys(element)) {
    if (!(name in element.constructor.prototype)) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}

// Which file of `srcset` and `src` to load. Parsing is that of the HTML standard, which drops a candidate that it
// cannot read and goes on. The standard leaves the choice to browsers; this one is Chromium's.

/**
 * @typedef {object} Candidate
 * @property {string} url
 * @property {number} density pixels of the file for each CSS pixel
 * @typedef {object} Environment
 * @property {() => number} viewport the viewport's width in CSS pixels
 * @property {() => number} auto the element's width in CSS pixels, 0 where it has none
 * @property {(condition: string) => boolean} matches whether a media condition holds
 * @property {(length: string) => number | null} length CSS pixels of a length, null for what is none
 */

const URL_AND_COMMAS = /[\t\n\f\r ,]*([^\t\n\f\r ]+)/y;
const DESCRIPTORS = /(?:[^,(]|\([^)]*\)?)*/y;
const WIDTH = /^\d+w$/;
const HEIGHT = /^\d+h$/;
const DENSITY = /^-?(\d+|\d*\.\d+)([eE][+-]?\d+)?x$/;

/**
 * @param {{src: string, srcset: string, sizes: string}} attributes
 * @param {Environment} environment
 * @returns {Candidate[]} by density, no density twice
 */
export function listCandidates({ src, srcset, sizes }, environment) {
  const parsed = parseSrcset(srcset);
  const hasWidths = parsed.some(({ width }) => width);
  if (src && !hasWidths && !parsed.some(({ density = 1 }) => density === 1)) parsed.push({ url: src });
  const sourceSize = hasWidths ? readSizes(sizes, environment) : 0;
  /** @type {Map<number, Candidate>} */
  const byDensity = new Map();
  for (const { url, width, density: given = 1 } of parsed) {
    const density = width ? width / sourceSize : given;
    if (!byDensity.has(density)) byDensity.set(density, { url, density });
  }
  return [...byDensity.values()].sort((a, b) => a.density - b.density);
}

/**
 * The least dense candidate that fills the screen, or the densest.
 * @param {Candidate[]} candidates by density
 * @param {number} density of the screen
 * @returns {Candidate | undefined}
 */
export function choose(candidates, density) {
  return candidates.find((candidate) => candidate.density >= density) ?? candidates.at(-1);
}

/**
 * @param {string} srcset
 * @returns {{url: string, width?: number, density?: number}[]}
 */
export function parseSrcset(srcset) {
  const candidates = [];
  let at = 0;
  for (;;) {
    URL_AND_COMMAS.lastIndex = at;
    const found = URL_AND_COMMAS.exec(srcset);
    if (!found) return candidates;
    at = URL_AND_COMMAS.lastIndex;
    const url = found[1].replace(/,+$/, '');
    let descriptors = '';
    if (url === found[1]) {
      DESCRIPTORS.lastIndex = at;
      descriptors = DESCRIPTORS.exec(srcset)?.[0] ?? '';
      at += descriptors.length;
    }
    const read = readDescriptors(descriptors.split(/[\t\n\f\r ]+/).filter(Boolean));
    if (read && url) candidates.push({ url, ...read });
  }
}

/**
 * @param {string[]} descriptors
 * @returns {{width?: number, density?: number} | null} null where one is wrong, or they do not go together
 */
function readDescriptors(descriptors) {
  /** @type {{width?: number, density?: number, height?: number}} */
  const read = {};
  for (const text of descriptors) {
    const kind = WIDTH.test(text) ? 'width' : HEIGHT.test(text) ? 'height' : DENSITY.test(text) ? 'density' : null;
    if (!kind || kind in read) return null;
    read[kind] = Number.parseFloat(text);
    if (kind === 'density' ? text.startsWith('-') : read[kind] === 0) return null;
  }
  const { width, density, height } = read;
  if (density !== undefined && (width ?? height) !== undefined) return null;
  if (height !== undefined && width === undefined) return null;
  return { width, density };
}

/**
 * @param {string} sizes
 * @param {Environment} environment
 * @returns {number} CSS pixels
 */
export function readSizes(sizes, environment) {
  for (const size of splitOutside(sizes.replace(/\/\*.*?\*\//gs, ' '), /,/)) {
    const parts = splitOutside(size, /[\t\n\f\r ]/).filter(Boolean);
    const value = parts.pop()?.toLowerCase();
    const condition = parts.join(' ');
    // A media condition is what may follow the type of a media query; matchMedia() takes whole queries.
    if (!value || (condition && !(/^(\(|not\b)/i.test(condition) && environment.matches(condition)))) continue;
    if (value === 'auto') return environment.auto() || environment.viewport();
    const width = environment.length(value);
    if (width !== null) return width;
  }
  return environment.viewport();
}

/**
 * Splits text at a separator, but not within parentheses.
 * @param {string} text
 * @param {RegExp} separator of one character
 */
function splitOutside(text, separator) {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') ++depth;
    else if (letter === ')') --depth;
    if (depth <= 0 && separator.test(letter)) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

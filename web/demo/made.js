// What an overfitted file is made of: the bytes of its parts, and its grids as pictures.

import { formatBytes, formatCount, showFacts } from './facts.js';

/** @typedef {import('./catalog.js').Entry} Entry */
/** @typedef {import('./catalog.js').Grid} Grid */

/** @param {HTMLElement} section @param {Entry} entry */
export function showParts(section, { name, parts }) {
  section.hidden = !parts;
  if (!parts) return;
  const { file, networks, alpha, grids } = parts;
  const ofGrids = sum(grids);
  const share = (/** @type {number} */ bytes) => `${((bytes / file.bytes) * 100).toFixed(1)} % of the file`;
  showFacts(/** @type {Element} */ (section.querySelector('.facts')), [
    ['File', formatBytes(file.bytes), `${formatCount(file.bytes)} bytes`],
    ['Networks', formatBytes(networks), share(networks)],
    ['Grids', formatBytes(ofGrids), share(ofGrids)],
    ['Header and the rest', formatBytes(file.bytes - networks - ofGrids), alpha ? 'alpha among it' : ''],
  ]);
  const chains = [...new Set(grids.map(({ chain }) => chain))].sort();
  const place = /** @type {Element} */ (section.querySelector('.chains'));
  place.replaceChildren(
    ...chains.map((chain) =>
      makeChain(
        name,
        chain,
        grids.filter((grid) => grid.chain === chain),
      ),
    ),
  );
}

/** @param {Grid[]} grids */
const sum = (grids) => grids.reduce((total, { bytes }) => total + bytes, 0);

/** @param {string} name @param {number} chain @param {Grid[]} grids */
function makeChain(name, chain, grids) {
  const title = document.createElement('h3');
  title.textContent = `${chain ? `Colour chain ${chain}` : 'Main chain'}, ${formatBytes(sum(grids))}`;
  const list = document.createElement('ul');
  list.append(...[...grids].sort((a, b) => a.level - b.level).map((grid) => makeGrid(name, grid)));
  const part = document.createElement('div');
  part.append(title, list);
  return part;
}

/** @param {string} name @param {Grid} grid */
function makeGrid(name, { chain, level, width, height, bytes, zeros, least, most, url }) {
  const image = document.createElement('img');
  Object.assign(image, { loading: 'lazy', width, height, src: url, alt: `${name}, chain ${chain}, 1:${2 ** level}` });
  const scale = document.createElement('b');
  scale.textContent = `1:${2 ** level}`;
  const caption = document.createElement('span');
  const empty = Math.round((zeros / (width * height)) * 100);
  const facts = [`${width} × ${height}`, formatBytes(bytes), `${empty} % zeros`, `${signed(least)} to ${signed(most)}`];
  // Lines break between the facts only.
  caption.append(scale, ` ${facts.map((fact) => fact.replaceAll(' ', '\u00a0')).join(', ')}`);
  const item = document.createElement('li');
  item.append(image, caption);
  return item;
}

/** @param {number} number */
const signed = (number) => (number < 0 ? `−${-number}` : String(number));

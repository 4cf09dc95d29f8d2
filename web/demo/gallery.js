// The gallery: every picture, loaded as it comes near.

import { explain } from './catalog.js';
import { formatBytes } from './facts.js';

/** @typedef {import('./catalog.js').Entry} Entry */

/**
 * @param {HTMLElement} section @param {Entry[]} entries @param {(entry: Entry) => void} open
 */
export function showGallery(section, entries, open) {
  const state = /** @type {HTMLElement} */ (section.querySelector('p'));
  const list = /** @type {HTMLElement} */ (section.querySelector('ul'));
  let [loaded, bytes] = [0, 0];
  const count = (/** @type {Entry} */ { lic }) => {
    ++loaded;
    bytes += lic.bytes;
    const done = `${loaded} of ${entries.length} so far, ${formatBytes(bytes)}`;
    state.textContent = `Pictures load as they come near: ${done}.`;
  };
  state.textContent = entries.length
    ? 'Pictures load as they come near.'
    : 'There are no pictures here. scripts/demo.sh makes some; a file of your own can be dropped on this page.';
  list.replaceChildren(
    ...entries.map((entry) =>
      makeItem(
        entry,
        () => count(entry),
        () => open(entry),
      ),
    ),
  );
}

/** @param {Entry} entry @param {() => void} loaded @param {() => void} open */
function makeItem({ name, width, height, lic }, loaded, open) {
  const failure = document.createElement('span');
  failure.className = 'failure';
  const image = /** @type {any} */ (document.createElement('lic-img'));
  image.alt = '';
  image.loading = 'lazy';
  image.append(failure);
  image.addEventListener('load', loaded, { once: true });
  image.addEventListener('error', () => (failure.textContent = `cannot be shown: ${explain(image.error)}`));
  image.src = lic.url;
  const caption = document.createElement('span');
  caption.className = 'caption';
  const title = document.createElement('b');
  title.textContent = name;
  caption.append(title, ` ${formatBytes(lic.bytes)}`);
  const button = document.createElement('button');
  button.type = 'button';
  button.append(image, caption);
  button.addEventListener('click', open);
  const item = document.createElement('li');
  item.style.setProperty('--ratio', String(width / height));
  item.append(button);
  return item;
}

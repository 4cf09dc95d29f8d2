// Figures in words, and lists of them.

/** @typedef {[term: string, value: string, note?: string]} Fact */

/**
 * Shows facts in a list; what stays the same is not touched, so that nobody hears it twice.
 * @param {Element} list a <dl> @param {Fact[]} facts
 */
export function showFacts(list, facts) {
  while (list.childElementCount > facts.length) list.lastElementChild?.remove();
  facts.forEach((fact, i) => {
    const group = list.children[i] ?? list.appendChild(makeGroup());
    const places = [group.querySelector('dt'), group.querySelector('.value'), group.querySelector('small')];
    places.forEach((place, part) => {
      const text = fact[part] ?? '';
      if (place && place.textContent !== text) place.textContent = text;
    });
  });
}

function makeGroup() {
  const group = document.createElement('div');
  const value = document.createElement('span');
  value.className = 'value';
  const description = document.createElement('dd');
  description.append(value, document.createElement('small'));
  group.append(document.createElement('dt'), description);
  return group;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6
    ? `${(bytes / 1000).toFixed(bytes < 1e5 ? 1 : 0)} kB`
    : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}

/** @param {number} count */
export const formatCount = (count) => count.toLocaleString('en');

/** @param {number} ms */
export const formatMs = (ms) => (ms < 9950 ? `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`);

/**
 * Bytes, density and pixels of a file.
 * @param {number} bytes @param {{width: number, height: number}} size @returns {Fact[]}
 */
export function sizeFacts(bytes, { width, height }) {
  const pixels = width * height;
  return [
    ['Size', formatBytes(bytes), `${formatCount(bytes)} bytes`],
    ['Bits per pixel', ((bytes * 8) / pixels).toFixed(3), `${width} × ${height} pixels`],
  ];
}

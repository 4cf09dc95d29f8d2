// Live numbers: what the page has decoded, in which time and memory, and what it has loaded for that.

import { stats } from '../../dist/index.js';
import { formatBytes, formatMs, showFacts } from './facts.js';

const EVERY_MS = 500;

/** @param {HTMLElement} list */
export function showLive(list) {
  let loaded = 0;
  // Code and weights; what workers load is what the page has loaded.
  new PerformanceObserver((entries) => {
    for (const { name, transferSize, encodedBodySize } of /** @type {PerformanceResourceTiming[]} */ (
      entries.getEntries()
    )) {
      if (/\/(dist|models)\//.test(name)) loaded += transferSize || encodedBodySize;
    }
  }).observe({ type: 'resource', buffered: true });
  const show = () => showFacts(list, factsOf(loaded));
  show();
  setInterval(() => document.hidden || show(), EVERY_MS);
}

/** @param {number} loaded @returns {import('./facts.js').Fact[]} */
function factsOf(loaded) {
  const { decodes, bytes, pixels, ms, memory, workers } = stats();
  const megapixels = pixels / 1e6;
  const count = (/** @type {number} */ number, /** @type {string} */ noun) =>
    `${number} ${noun}${number === 1 ? '' : 's'}`;
  return [
    ['Decoded', count(decodes.done, 'picture'), `${megapixels.toFixed(1)} megapixels`],
    ['Their bytes', formatBytes(bytes), pixels ? `${((bytes * 8) / pixels).toFixed(2)} bits per pixel` : ''],
    ['Decoding', megapixels ? formatMs((ms.entropy + ms.synthesis) / megapixels) : '–', 'a megapixel, on one core'],
    [
      'Memory',
      formatBytes(memory.bytes),
      `of ${count(workers.running, 'worker')}, ${formatBytes(Math.max(memory.peak, memory.bytes))} at most`,
    ],
    ['Code and weights', formatBytes(loaded), 'loaded once'],
  ];
}

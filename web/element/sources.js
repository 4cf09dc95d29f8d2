// The files that an element may show, here and now.

import { resolveUrl } from './attributes.js';
import { choose, listCandidates } from './srcset.js';

/**
 * @param {import('./attributes.js').ImageAttributes} image
 * @param {(length: string) => number | null} measureLength CSS pixels of a length
 * @returns {{candidates: import('./srcset.js').Candidate[], chosen?: import('./srcset.js').Candidate}} by absolute URLs
 */
export function findSources(image, measureLength) {
  const [src, srcset, sizes] = ['src', 'srcset', 'sizes'].map((name) => image.getAttribute(name)?.trim() ?? '');
  const environment = {
    viewport: () => innerWidth,
    auto: () => (image.loading === 'lazy' ? image.clientWidth : 0),
    matches: (/** @type {string} */ condition) => matchMedia(condition).matches,
    length: measureLength,
  };
  const candidates = listCandidates({ src, srcset, sizes }, environment);
  for (const candidate of candidates) candidate.url = resolveUrl(image, candidate.url) ?? candidate.url;
  return { candidates, chosen: choose(candidates, devicePixelRatio) };
}

// A canvas holds four bytes for each pixel, and a browser that is short of memory ends the page. When the canvases of a
// page take more than a budget, pictures far from the viewport give their pixels up: first those that have been far the
// longest.

/** @typedef {import('./request.js').ImageRequest} ImageRequest */

// 192 MiB. Safari on phones allows all canvases of a page 384 MB at most.
const MOST_PIXELS = 48 * 2 ** 20;

/** @type {Map<ImageRequest, boolean>} whether it is far, of each picture that is shown */
const shown = new Map();

/** @param {ImageRequest} request @param {boolean} isFar */
export function keep(request, isFar) {
  shown.delete(request);
  shown.set(request, isFar);
  let pixels = 0;
  for (const { pixels: held } of shown.keys()) pixels += held;
  for (const [candidate, mayGo] of shown) {
    if (pixels <= MOST_PIXELS) return;
    if (!mayGo) continue;
    pixels -= candidate.pixels;
    candidate.release();
  }
}

/** @param {ImageRequest} request */
export function forget(request) {
  shown.delete(request);
}

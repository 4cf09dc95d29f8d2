// What elements are told of the viewport: that they are near it, that they are far from it, that its size has changed.
// One observer serves all elements of a page.

/**
 * @typedef {object} Watcher
 * @property {(isNear: boolean) => void} moved
 * @property {() => void} resized the viewport, or the density of the screen
 */

// Within this distance of the viewport a lazy picture is loaded; beyond it a picture may give its pixels up.
const MARGIN = '1250px';

/** @type {Map<Element, Watcher>} */
const watchers = new Map();
/** @type {IntersectionObserver | undefined} */
let observer;

/** @param {Element} element of this document @param {Watcher} watcher */
export function watch(element, watcher) {
  observer ??= observe();
  watchers.set(element, watcher);
  observer.observe(element);
}

/** @param {Element} element */
export function unwatch(element) {
  watchers.delete(element);
  observer?.unobserve(element);
}

function observe() {
  // The margin of scrollers is also that of the viewport, and would add to a margin of the root.
  const hasScrollMargin = 'scrollMargin' in IntersectionObserver.prototype;
  const options = hasScrollMargin ? { scrollMargin: MARGIN } : { rootMargin: MARGIN };
  const created = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) watchers.get(target)?.moved(isIntersecting);
  }, options);
  // Paper has no viewport: all pictures are needed.
  addEventListener('beforeprint', () => {
    for (const { moved } of watchers.values()) moved(true);
  });
  addEventListener('afterprint', () => {
    for (const element of watchers.keys()) {
      created.unobserve(element);
      created.observe(element);
    }
  });
  addEventListener('resize', tellResized);
  watchDensity();
  return created;
}

function watchDensity() {
  const change = () => {
    tellResized();
    watchDensity();
  };
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener('change', change, { once: true });
}

let isTelling = false;

/** Tells the watchers, once in a frame. */
function tellResized() {
  if (isTelling) return;
  isTelling = true;
  requestAnimationFrame(() => {
    isTelling = false;
    for (const { resized } of watchers.values()) resized();
  });
}

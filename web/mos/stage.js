// Where the pictures stand: at one device pixel for each of theirs, on the grid of device pixels, whatever the zoom of
// the page.

import { NAME_HEIGHT, SIDE_GAP } from './layout.js';

/** @typedef {import('./plan.js').Plan['layout']} Layout */

export class Stage {
  #element;
  /** @type {HTMLImageElement[]} */
  #pictures = [];
  /** @type {HTMLElement[]} */
  #names = [];
  #sizes = new ResizeObserver((entries) => this.#compare(entries));

  /** Told whether the pictures stand at their own size. @type {(exact: boolean) => void} */
  onSize = () => {};

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    new ResizeObserver(() => this.place()).observe(element);
  }

  /** Room for pictures, in device pixels. */
  get room() {
    const { width, height } = this.#element.getBoundingClientRect();
    return { width: Math.floor(width * devicePixelRatio), height: Math.floor(height * devicePixelRatio) };
  }

  /**
   * Puts pictures there, unseen as yet.
   * @param {Layout} layout @param {HTMLImageElement[]} pictures @param {string[]} names beside: above each
   */
  arrange(layout, pictures, names) {
    this.#sizes.disconnect();
    this.#pictures = pictures;
    this.#names = layout === 'beside' ? names.map(caption) : [];
    this.#element.replaceChildren(...pictures, ...this.#names);
    this.place();
    for (const picture of pictures) observePixels(this.#sizes, picture);
  }

  /** @param {(index: number) => boolean} isShown */
  show(isShown) {
    for (const [index, picture] of this.#pictures.entries()) picture.classList.toggle('shown', isShown(index));
  }

  /** After every change of the window. Coordinates are whole device pixels of the window. */
  place() {
    const ratio = devicePixelRatio;
    const frame = this.#element.getBoundingClientRect();
    const beside = this.#names.length > 0;
    const above = beside ? NAME_HEIGHT : 0;
    for (const [index, picture] of this.#pictures.entries()) {
      const width = picture.naturalWidth / ratio;
      const height = picture.naturalHeight / ratio;
      const total = beside ? 2 * width + SIDE_GAP : width;
      const left =
        Math.round((frame.left + (frame.width - total) / 2 + (beside ? index * (width + SIDE_GAP) : 0)) * ratio) /
        ratio;
      const top = Math.round((frame.top + above + (frame.height - above - height) / 2) * ratio) / ratio;
      Object.assign(picture.style, {
        left: `${left - frame.left}px`,
        top: `${top - frame.top}px`,
        width: `${width}px`,
        height: `${height}px`,
      });
      const name = this.#names[index];
      if (name)
        Object.assign(name.style, {
          left: `${left - frame.left}px`,
          top: `${top - frame.top - above}px`,
          width: `${width}px`,
        });
    }
  }

  /** @param {ResizeObserverEntry[]} entries */
  #compare(entries) {
    const exact = entries.every(({ target, devicePixelContentBoxSize }) => {
      const [{ inlineSize, blockSize }] = devicePixelContentBoxSize;
      const { naturalWidth, naturalHeight } = /** @type {HTMLImageElement} */ (target);
      return inlineSize === naturalWidth && blockSize === naturalHeight;
    });
    this.onSize(exact);
  }
}

/** @param {string} name */
function caption(name) {
  const element = document.createElement('div');
  element.className = 'name';
  element.textContent = name;
  return element;
}

/** Safari cannot tell sizes in device pixels. @param {ResizeObserver} observer @param {Element} element */
function observePixels(observer, element) {
  if ('devicePixelContentBoxSize' in ResizeObserverEntry.prototype)
    observer.observe(element, { box: 'device-pixel-content-box' });
}

// A viewer: one picture, or two of the same size with a boundary to move. The boundary is moved by pointer or arrow
// keys; when zoomed in, dragging moves the pictures instead.

const KEY_STEPS = { ArrowLeft: -2, ArrowRight: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

export class Viewer {
  #stage;
  #under;
  #over;
  #divider;
  #split = 50;
  #zoom = 'fit';
  #offset = { x: 0, y: 0 };
  /** What the two are, for tags and for who cannot see. */
  #names = ['', ''];

  /** @param {HTMLElement} place that gets it */
  constructor(place) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById('viewer'));
    place.append(template.content.cloneNode(true));
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (place.querySelector(selector));
    this.#stage = find('.stage');
    this.#under = find('.under');
    this.#over = find('.over');
    this.#divider = find('.divider');
    this.#stage.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#divider.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {{width: number, height: number}} size in pixels, of the pictures to come */
  resize({ width, height }) {
    const { style } = this.#stage;
    style.setProperty('--ratio', String(width / height));
    style.setProperty('--natural-width', String(width));
    style.setProperty('--natural-height', String(height));
    this.#stage.classList.add('filled');
    this.#move(0, 0);
  }

  /** @param {HTMLElement} picture on the left, or alone @param {string} tag */
  show(picture, tag) {
    if (this.#under.firstElementChild !== picture) this.#under.replaceChildren(picture);
    this.#name(0, tag);
  }

  /** @param {HTMLElement | null} picture on the right, null for none @param {string} [tag] */
  compare(picture, tag = '') {
    this.#over.replaceChildren(...(picture ? [picture] : []));
    this.#stage.classList.toggle('comparing', Boolean(picture));
    this.#name(1, tag);
  }

  /** @param {string} zoom 'fit' or CSS pixels for each pixel of the picture */
  set zoom(zoom) {
    this.#zoom = zoom;
    this.#stage.dataset.zoom = zoom;
    this.#stage.style.setProperty('--zoom', zoom === 'fit' ? '1' : zoom);
    this.#move(0, 0);
  }

  /** @param {0 | 1} side @param {string} name */
  #name(side, name) {
    this.#names[side] = name;
    const tags = this.#stage.querySelectorAll('.tag');
    tags[side].textContent = name;
    this.#tell();
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const onDivider = event.target instanceof Node && this.#divider.contains(event.target);
    const pans = this.#zoom !== 'fit' && !onDivider;
    if (event.button !== 0 || (!pans && !this.#stage.classList.contains('comparing'))) return;
    const start = { ...this.#offset };
    const follow = (/** @type {PointerEvent} */ now) => {
      if (pans) this.#move(start.x + now.clientX - event.clientX, start.y + now.clientY - event.clientY);
      else this.#splitAt(now.clientX);
    };
    const end = () => {
      this.#stage.removeEventListener('pointermove', follow);
      this.#stage.removeEventListener('pointerup', end);
      this.#stage.removeEventListener('pointercancel', end);
    };
    this.#stage.setPointerCapture(event.pointerId);
    this.#stage.addEventListener('pointermove', follow);
    this.#stage.addEventListener('pointerup', end);
    this.#stage.addEventListener('pointercancel', end);
    if (!pans) this.#splitAt(event.clientX);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = KEY_STEPS[/** @type {keyof typeof KEY_STEPS} */ (event.key)];
    if (step === undefined) return;
    event.preventDefault();
    this.#setSplit(this.#split + step);
  }

  /** @param {number} clientX */
  #splitAt(clientX) {
    const { left, width } = this.#stage.getBoundingClientRect();
    this.#setSplit(((clientX - left) / width) * 100);
  }

  /** @param {number} percent */
  #setSplit(percent) {
    this.#split = Math.min(100, Math.max(0, percent));
    this.#stage.style.setProperty('--split', `${this.#split}%`);
    this.#tell();
  }

  #tell() {
    const left = Math.round(this.#split);
    this.#divider.setAttribute('aria-valuenow', String(left));
    this.#divider.setAttribute('aria-valuetext', `${left} % ${this.#names[0]}, ${100 - left} % ${this.#names[1]}`);
  }

  /** @param {number} x @param {number} y */
  #move(x, y) {
    this.#offset = { x, y };
    this.#stage.style.setProperty('--x', `${x}px`);
    this.#stage.style.setProperty('--y', `${y}px`);
  }
}

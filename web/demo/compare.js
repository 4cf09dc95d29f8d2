// The stage of the demo page: one picture, or two of the same size with a boundary to move. The boundary is moved by pointer or
// arrow keys; when zoomed in, dragging moves the pictures instead.

const KEY_STEP = 2;

export class Stage {
  #stage;
  #under;
  #over;
  #divider;
  #split = 50;
  #zoom = 'fit';
  #offset = { x: 0, y: 0 };

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#under = /** @type {HTMLElement} */ (stage.querySelector('#under'));
    this.#over = /** @type {HTMLElement} */ (stage.querySelector('#over'));
    this.#divider = /** @type {HTMLElement} */ (stage.querySelector('#divider'));
    stage.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#divider.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {HTMLElement} picture on the left, or alone @param {number} width @param {number} height */
  show(picture, width, height) {
    const { style } = this.#stage;
    style.setProperty('--ratio', String(width / height));
    style.setProperty('--natural-width', String(width));
    style.setProperty('--natural-height', String(height));
    this.#under.replaceChildren(picture);
    this.#move(0, 0);
  }

  /** @param {HTMLElement | null} picture on the right, null for none */
  compare(picture) {
    this.#over.replaceChildren(...(picture ? [picture] : []));
    this.#stage.classList.toggle('comparing', Boolean(picture));
  }

  /** @param {string} zoom 'fit' or CSS pixels for each pixel of the picture */
  set zoom(zoom) {
    this.#zoom = zoom;
    this.#stage.dataset.zoom = zoom;
    this.#stage.style.setProperty('--zoom', zoom === 'fit' ? '1' : zoom);
    this.#move(0, 0);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const onDivider = event.target instanceof Node && this.#divider.contains(event.target);
    const pans = this.#zoom !== 'fit' && !onDivider;
    if (!pans && !this.#stage.classList.contains('comparing')) return;
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
    const steps = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP, Home: -100, End: 100 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
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
    this.#divider.setAttribute('aria-valuenow', String(Math.round(this.#split)));
  }

  /** @param {number} x @param {number} y */
  #move(x, y) {
    this.#offset = { x, y };
    this.#stage.style.setProperty('--x', `${x}px`);
    this.#stage.style.setProperty('--y', `${y}px`);
  }
}

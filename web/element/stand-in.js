// What is seen in place of a canvas, or beneath it; clicks and menus are always those of the canvas.
//
//   small on the screen    a copy of half the size, or a quarter, ..., in front of the canvas
//   otherwise, loading     the preview beneath, where the canvas has no rows yet
//
// A picture that is shown small shimmers, because browsers do not average the pixels of a canvas; the copy does. It is
// made of strips as they come: each frame that shows a canvas which has changed costs the browser all its pixels.

import { copyHalved, drawHalved, makeHalved } from './halve.js';

export class StandIn {
  #frame;
  #holder;
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;
  /** The size of the canvas while it has all its pixels. */
  #size = { width: 0, height: 0 };
  /** @type {HTMLCanvasElement | null} */
  #copy = null;
  #halvings = 0;
  /**
   * Whether the copy is the mean of the picture's pixels; false for one made of a preview, or of strips that end within
   * a pixel of it.
   */
  #isExact = true;
  #copying = new AbortController();
  /** @type {HTMLCanvasElement | null} */
  #rough = null;

  /** @param {HTMLElement} frame @param {HTMLElement} holder of the canvas, in the frame */
  constructor(frame, holder) {
    this.#frame = frame;
    this.#holder = holder;
  }

  /** @param {HTMLCanvasElement | null} canvas in place of the one before */
  show(canvas) {
    this.#canvas = canvas;
    this.#size = canvas ? { width: canvas.width, height: canvas.height } : { width: 0, height: 0 };
    this.#holder.replaceChildren(...(canvas ? [canvas] : []));
    this.drop();
  }

  /** Lets nothing but the canvas be seen. */
  drop() {
    this.#lay(null);
    this.#copying.abort();
    this.#put(null, 0);
  }

  /**
   * To be called before strips come.
   * @param {HTMLCanvasElement | OffscreenCanvas} rough what is known of the picture
   * @param {PredefinedColorSpace} [colorSpace]
   */
  begin(rough, colorSpace) {
    const { copy } = this.#open(colorSpace);
    if (copy) enlarge(rough, copy);
    else this.#lay(enlarge(rough, makeHalved(this.#size, 3, colorSpace)));
  }

  /** @param {ImageData} strip that the canvas has got @param {number} y @param {boolean} hasAlpha */
  add(strip, y, hasAlpha) {
    const { copy, halvings } = this.#open(strip.colorSpace);
    if (copy) {
      const { width, height } = strip;
      const unit = 2 ** halvings;
      if (y % unit || (height % unit && y + height < this.#size.height)) this.#isExact = false;
      drawHalved(copy, { canvas: toCanvas(strip), y: 0, width, height }, halvings, y);
    } else if (this.#rough && hasAlpha) {
      const scale = this.#rough.height / this.#size.height;
      this.#rough.getContext('2d')?.clearRect(0, y * scale, this.#rough.width, strip.height * scale);
    }
  }

  /** To be called when the canvas has all its pixels: makes the copy that the size on the screen asks for. */
  refine() {
    const canvas = this.#canvas;
    if (!canvas || canvas.width !== this.#size.width) return;
    this.#lay(null);
    const halvings = this.#measure();
    if (this.#isExact && halvings === this.#halvings) return;
    this.#copying.abort();
    if (!halvings) return this.#put(null, 0);
    this.#halvings = halvings;
    this.#isExact = true;
    this.#copying = new AbortController();
    void copyHalved(canvas, halvings, this.#copying.signal).then((copy) => copy && this.#put(copy, halvings));
  }

  /**
   * Makes the copy that strips go to, where the size on the screen asks for one.
   * @param {PredefinedColorSpace} [colorSpace]
   */
  #open(colorSpace) {
    const halvings = this.#copy ? this.#halvings : this.#measure();
    if (halvings && !this.#copy) this.#put(makeHalved(this.#size, halvings, colorSpace), halvings);
    return { copy: this.#copy, halvings };
  }

  /** How often the picture can be halved and still fill its place. */
  #measure() {
    const canvas = /** @type {HTMLCanvasElement} */ (this.#canvas);
    const { width, height } = this.#size;
    const { objectFit } = getComputedStyle(canvas);
    const scales = [canvas.clientWidth / width, canvas.clientHeight / height].map((scale) => scale * devicePixelRatio);
    const scale = /contain|scale-down/.test(objectFit) ? Math.min(...scales) : Math.max(...scales);
    return scale > 0 && objectFit !== 'none' ? Math.max(0, Math.floor(-Math.log2(scale))) : 0;
  }

  /** @param {HTMLCanvasElement | null} copy in place of the one before @param {number} halvings */
  #put(copy, halvings) {
    // Safari keeps the pixels of a canvas that is merely dropped.
    if (this.#copy) this.#copy.width = this.#copy.height = 0;
    this.#copy?.remove();
    this.#copy = copy;
    this.#halvings = halvings;
    this.#isExact = true;
    this.#holder.className = copy ? 'felt' : '';
    if (!copy) return;
    copy.className = 'seen';
    copy.part.add('picture');
    this.#frame.append(copy);
  }

  /** @param {HTMLCanvasElement | null} rough to lie beneath the canvas, in place of the one before */
  #lay(rough) {
    this.#rough?.remove();
    this.#rough = rough;
    if (!rough) return;
    rough.className = 'rough';
    rough.part.add('picture');
    this.#holder.append(rough);
  }
}

/**
 * Scales a preview up, by a better filter than browsers have for showing a canvas.
 * @param {HTMLCanvasElement | OffscreenCanvas} rough
 * @param {HTMLCanvasElement} large whose sides are in the ratio of the picture's
 */
function enlarge(rough, large) {
  const context = large.getContext('2d');
  if (!context) return large;
  context.imageSmoothingQuality = 'high';
  context.drawImage(rough, 0, 0, large.width, large.height);
  context.imageSmoothingQuality = 'low';
  return large;
}

/** @param {ImageData} image */
export function toCanvas(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d', { colorSpace: image.colorSpace })?.putImageData(image, 0, 0);
  return canvas;
}

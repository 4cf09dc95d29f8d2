// Pictures are fetched and decoded before they are needed, so that none appears bit by bit.

/** @typedef {import('./plan.js').Plan} Plan */

const AHEAD = 3; // items
const RETRY_MILLISECONDS = [500, 2000, 5000];

export class Pictures {
  #plan;
  #items;
  /** @type {Map<number, Promise<HTMLImageElement[]>>} */
  #loading = new Map();

  /** @param {Plan} plan @param {{pictures: string[]}[]} items in the order in which they will be shown */
  constructor(plan, items) {
    this.#plan = plan;
    this.#items = items;
  }

  /**
   * The decoded pictures of an item; those of the next ones are begun.
   * @param {number} index
   * @returns {Promise<HTMLImageElement[]>}
   */
  of(index) {
    for (let next = index; next < Math.min(index + 1 + AHEAD, this.#items.length); next++) {
      if (this.#loading.has(next)) continue;
      const all = Promise.all(this.#items[next].pictures.map((id) => loadPicture(this.#plan.pictures[id])));
      all.catch(() => this.#loading.delete(next)); // the next call tries again
      this.#loading.set(next, all);
    }
    const wanted = /** @type {Promise<HTMLImageElement[]>} */ (this.#loading.get(index));
    this.#loading.delete(index - 1);
    return wanted;
  }
}

/** @param {import('./plan.js').Picture} picture */
async function loadPicture({ file, width, height }) {
  for (const pause of [...RETRY_MILLISECONDS, null]) {
    const image = new Image(width, height);
    image.alt = '';
    image.draggable = false;
    image.src = file;
    try {
      await image.decode();
    } catch {
      if (pause === null) throw new Error(`${file} could not be loaded`);
      await new Promise((done) => setTimeout(done, pause));
      continue;
    }
    if (image.naturalWidth === width && image.naturalHeight === height) return image;
    throw new Error(
      `${file} is not the picture of the plan: it has ${image.naturalWidth} × ${image.naturalHeight} pixels`,
    );
  }
  throw new Error(`${file} could not be loaded`);
}

// Measures how long a picture has been looked at. It stands still while anything holds it: a pause, a hidden tab, a
// window too small.

export class Clock {
  #elapsed = 0; // milliseconds before #since
  /** @type {number | null} */
  #since = null;
  /** @type {Set<string>} */
  #holds = new Set();

  restart() {
    this.#elapsed = 0;
    this.#since = this.#holds.size ? null : performance.now();
  }

  /** @param {string} reason */
  hold(reason) {
    this.#elapsed = this.seconds * 1000;
    this.#since = null;
    this.#holds.add(reason);
  }

  /** @param {string} reason */
  release(reason) {
    if (this.#holds.delete(reason) && !this.#holds.size) this.#since = performance.now();
  }

  get seconds() {
    return (this.#elapsed + (this.#since === null ? 0 : performance.now() - this.#since)) / 1000;
  }
}

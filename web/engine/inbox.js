// The bytes of a file on their way to its decoder: they are put in as they come and taken out when the decoder wants
// more.

export class Inbox {
  /** @type {Uint8Array[]} */
  #chunks = [];
  #complete = false;
  /** @type {unknown} */
  #failure = null;
  #wake = () => {};

  /** @param {Uint8Array} bytes @param {boolean} complete whether nothing follows */
  put(bytes, complete) {
    this.#chunks.push(bytes);
    this.#complete = complete;
    this.#wake();
  }

  /** Ends the decode: take() throws `failure` from now on. @param {unknown} failure */
  fail(failure) {
    this.#failure ??= failure;
    this.#chunks = [];
    this.#wake();
  }

  /**
   * What has come since the last call.
   * @returns {{bytes: Uint8Array, complete: boolean}[]}
   */
  take() {
    if (this.#failure) throw this.#failure;
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks.map((bytes, i) => ({ bytes, complete: this.#complete && i === chunks.length - 1 }));
  }

  /** Settles when there is something to take. */
  async wait() {
    if (!this.#chunks.length && !this.#failure) await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
  }
}

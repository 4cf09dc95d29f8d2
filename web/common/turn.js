// Turns of the event loop.

/**
 * A turn of the event loop: timers, input and messages have their chance. Not scheduler.yield(), whose continuations go
 * before the message that cancels a job; and not messages in workerd, which has scheduler.wait(): there they go before
 * all timers.
 * @returns {Promise<unknown>}
 */
export function nextTask() {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  const { scheduler } = /** @type {{scheduler?: {wait?: (milliseconds: number) => Promise<void>}}} */ (globalThis);
  if (scheduler?.wait) return scheduler.wait(0);
  if (typeof MessageChannel !== 'function') return new Promise((resolve) => setTimeout(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

/** Turns that many share: work that comes when one has been used up waits for the next. */
export class Turns {
  #most;
  #spent = 0;
  /** @type {Promise<void> | null} */
  #next = null;

  /** @param {number} most cost of the work that is done in one, unless a single piece costs more */
  constructor(most) {
    this.#most = most;
  }

  /** Settles when there is room. @param {number} cost of the work that follows */
  async take(cost) {
    while (this.#spent > 0 && this.#spent + cost > this.#most) await this.#next;
    this.#spent += cost;
    this.#next ??= nextTask().then(() => {
      this.#spent = 0;
      this.#next = null;
    });
  }
}

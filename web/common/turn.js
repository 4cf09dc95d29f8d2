// Turns of the event loop.

/**
 * Settles in another turn of the event loop, so that timers, input and messages have their chance. scheduler.yield()
 * does not serve: its continuations go before the message that cancels a job. In workerd messages do not serve, because
 * they go before all timers; it has scheduler.wait().
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

/** Turns of the event loop that many share. When one is used up, further work waits for the next. */
export class Turns {
  #most;
  #spent = 0;
  /** @type {Promise<void> | null} */
  #next = null;

  /** @param {number} most cost of the work in one turn, unless a single piece costs more */
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

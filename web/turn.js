// Turns of the event loop.

/**
 * A turn of the event loop: timers, input and messages have their chance. Not scheduler.yield(), whose continuations go before
 * the message that cancels a job.
 * @returns {Promise<unknown>}
 */
export function nextTask() {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
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

// Takes results to the endpoint, or to a file.

/** @typedef {import('./plan.js').Result} Result */

const PAUSES = [1000, 2000, 4000, 8000]; // milliseconds between tries

/**
 * Sends a result. To send the same one again is harmless: the endpoint knows it by its id.
 * @param {string} url
 * @param {Result} result
 * @param {object} [options]
 * @param {boolean} [options.patient] tries again where that may help
 * @param {(tries: number) => void} [options.onRetry]
 * @returns {Promise<string | null>} why the endpoint does not have it; null: it has
 */
export async function send(url, result, { patient = false, onRetry = () => {} } = {}) {
  const pauses = patient ? PAUSES : [];
  for (let tries = 0; ; tries++) {
    const { problem, isLasting } = await post(url, result);
    if (!problem || isLasting || tries === pauses.length) return problem;
    onRetry(tries + 1);
    await new Promise((done) => setTimeout(done, pauses[tries]));
  }
}

/** @param {string} url @param {Result} result @returns {Promise<{problem: string | null, isLasting: boolean}>} */
async function post(url, result) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(result),
      signal: AbortSignal.timeout(20_000),
    });
    if (response.ok) return { problem: null, isLasting: false };
    const said = await response.json().catch(() => null);
    const isLasting = response.status < 500 && response.status !== 429 && response.status !== 408;
    return { problem: said?.error?.message ?? `the server answered ${response.status}`, isLasting };
  } catch {
    return { problem: 'the server could not be reached', isLasting: false };
  }
}

/** Lets the rater keep a result as a file. @param {Result} result */
export function download(result) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(result, null, 1)], { type: 'application/json' }));
  link.download = `answers-${result.plan}-${result.id.slice(0, 8)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

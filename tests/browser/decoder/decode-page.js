// Pages for the tests of decode(): the package as `lic`, the models of the tests, how long the thread is away.

import * as node from 'lic-codec';

import { listVectors, readVector } from '../../web/support/vectors.js';

export const MODELS = ['tiny', 'edge', 'least'].map((name) => `/tests/models/${name}.dec.licm`);
export const LARGE = '/tests/web/support/large.lic'; // 8000 x 6000, of the model `least`

/** Configures the page for the test models, by their ids. */
export async function useModels(page) {
  const ids = {};
  for (const { file, model } of listVectors()) ids[(await node.info(readVector(file))).modelId] ??= `/${model}`;
  const models = Object.fromEntries(Object.entries(ids).filter(([, path]) => MODELS.includes(path)));
  await page.evaluate(async (places) => {
    globalThis.lic = await import('/dist/index.js');
    lic.configure({ models: places });
  }, models);
}

/** For `openPage({prepare})`: a machine with so many processors, and as many workers. */
export const limitWorkers = (count) => (page) =>
  page.addInitScript((value) => Object.defineProperty(navigator, 'hardwareConcurrency', { value }), count);

/** Decodes 48 megapixels in the page and measures how long the thread was away at a time. */
export const watchThread = (page) =>
  page.evaluate(async (large) => {
    await lic.decode('/tests/vectors/least-20x20.lic');
    let last = performance.now();
    let longest = 0;
    let turns = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      ++turns;
    });
    const start = performance.now();
    const picture = await lic.decode(large);
    clearInterval(timer);
    return { longest, turns, whole: performance.now() - start, width: picture.width };
  }, LARGE);

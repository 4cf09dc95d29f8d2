// Complaints about policies: of a page's Content-Security-Policy, of isolation, of origins. The list:
// tests/web/complaints/README.md.

import assert from 'node:assert/strict';

import { CSP } from '../../../web/demo/serve.js';
import { LARGE, limitWorkers, useModels } from '../decoder/decode-page.js';
import { useElementPage } from '../element/element-page.js';
import { skip, test } from '../support/browser.js';

const openPage = useElementPage({ defined: false });

for (const [where, workers] of [
  ['in a worker', "'self'"],
  ['on the page', "'none'"],
]) {
  test(`complaint 6: unsafe-eval. Here a policy without it holds, decoding ${where}`, { skip }, async () => {
    const csp = CSP.replace("worker-src 'self'", `worker-src ${workers}`);
    assert.ok(!/unsafe-(eval|inline)|blob:|data:/.test(csp.replace("'wasm-unsafe-eval'", '')), csp);
    const { page, problems } = await openPage({ csp });
    const seen = await page.evaluate(async () => {
      // What a debugger calls may do what it likes, until it gives the thread back.
      await sleep(0);
      const { configure } = await import('/dist/index.js');
      configure({ models: '/tests/models/tiny.dec.licm' });
      await import('/dist/define.js');
      const image = add('lic-img', { src: '/pictures/wide.lic' });
      await image.decode();
      const violations = [...globalThis.violations];
      let isRefused = false;
      try {
        new Function('return 1')();
      } catch (error) {
        isRefused = error instanceof EvalError;
      }
      return { width: image.naturalWidth, violations, isRefused };
    });
    const isRefusal = (text) => /worker/i.test(text) && workers === "'none'";
    assert.deepEqual([seen.width, seen.isRefused], [300, true]);
    assert.deepEqual(
      seen.violations.filter((text) => !isRefusal(text)),
      [],
    );
    assert.deepEqual(
      problems.filter((text) => !isRefusal(text) && !/unsafe-eval/.test(text)),
      [],
    );
    assert.equal(page.workers().length, workers === "'self'" ? 1 : 0);
  });
}

test(
  'complaint 7: cross-origin isolation is forced. Here a page without it decodes in several workers',
  { skip },
  async () => {
    const { page, problems } = await openPage({ prepare: limitWorkers(3) });
    await useModels(page);
    const seen = await page.evaluate(async (large) => {
      const region = { x: 0, y: 0, width: 4000, height: 3000 };
      const { width } = await lic.decode(large, { region });
      return {
        width,
        workers: lic.stats().workers.most,
        isIsolated: crossOriginIsolated,
        shared: typeof SharedArrayBuffer,
      };
    }, LARGE);
    assert.ok(seen.workers > 1, `${seen.workers} workers`);
    assert.deepEqual([seen.width, seen.isIsolated, seen.shared], [4000, false, 'undefined']);
    assert.deepEqual(problems, []);
  },
);

test(
  'complaint 10: a worker of another origin may not start. Here what lies on a CDN decodes all the same',
  { skip },
  async () => {
    const cdn = await openPage({ headers: { 'Access-Control-Allow-Origin': '*' } });
    const { origin } = new URL(cdn.url);
    const { page } = await openPage({ csp: CSP.replaceAll("'self'", `'self' ${origin}`) });
    const widths = await page.evaluate(async (base) => {
      const { configure, decode } = await import(`${base}/dist/index.js`);
      configure({ models: '/tests/models/tiny.dec.licm' });
      await import(`${base}/dist/define.js`);
      const image = add('lic-img', { src: '/pictures/wide.lic' });
      await image.decode();
      return [(await decode('/tests/vectors/tiny-33x31.lic')).width, image.naturalWidth];
    }, origin);
    assert.deepEqual(widths, [33, 300]);
    assert.equal(page.workers().length, 0);
  },
);

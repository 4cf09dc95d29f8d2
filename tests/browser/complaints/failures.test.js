// Complaints about how a decode ends: with an error that says nothing, or not at all. The list:
// tests/web/complaints/README.md.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { CSP } from '../../../web/demo/serve.js';
import { listBad, readRoot } from '../../web/support/vectors.js';
import { LARGE, limitWorkers, useModels } from '../decoder/decode-page.js';
import { useElementPage } from '../element/element-page.js';
import { skip, test } from '../support/browser.js';

const TINY = '/tests/models/tiny.dec.licm';

const openPage = useElementPage({ defined: false });

test(
  'complaint 16: every failure is the same error. Here each damaged file gives its code, by way of the worker',
  { skip },
  async () => {
    const { page } = await openPage();
    await useModels(page);
    await page.evaluate((models) => lic.configure({ models }), TINY);
    const bad = [...listBad('.lic'), { name: 'bad/nothing.lic', code: 'io_error' }];
    const found = await page.evaluate(async (bad) => {
      const errors = [];
      for (const { name } of bad) {
        const error = await lic.decode(`/tests/vectors/${name}`).catch((reason) => reason);
        errors.push({
          code: error.code,
          isOurs: error instanceof lic.LicError && error.name === 'LicError',
          message: error.message,
          status: error.details?.status,
        });
      }
      return errors;
    }, bad);
    bad.forEach(({ name, code }, i) =>
      assert.deepEqual([found[i].code, found[i].isOurs, found[i].message.length > 10], [code, true, true], name),
    );
    assert.ok(new Set(found.map(({ code }) => code)).size >= 8);
    assert.equal(found.at(-1).status, 404);
    assert.equal(page.workers().length, 1);
  },
);

/** A server that sends half of a file and no more. */
async function stall(context, file) {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).write(file.subarray(0, file.length >> 1));
    response.on('close', () => server.emit('gone'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => (server.close(), server.closeAllConnections()));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    gone: new Promise((resolve) => server.once('gone', resolve)),
  };
}

test('complaint 17: cancelling does not cancel. Here the fetch ends', { skip, timeout: 30_000 }, async (context) => {
  const { url, gone } = await stall(context, readRoot('tests/web/support/large.lic'));
  const { page } = await openPage({
    csp: CSP.replace("connect-src 'self'", `connect-src 'self' ${new URL(url).origin}`),
  });
  await useModels(page);
  const name = await page.evaluate((url) => {
    const controller = new AbortController();
    return lic
      .decode(url, { signal: controller.signal, onInfo: () => controller.abort() })
      .catch((error) => error.name);
  }, url);
  assert.equal(name, 'AbortError');
  await gone;
});

test(
  'complaint 17: cancelling does not cancel. Here what waits never starts, and the worker that runs stops',
  { skip },
  async () => {
    const { page } = await openPage({ prepare: limitWorkers(1) });
    await useModels(page);
    const seen = await page.evaluate(async (large) => {
      const until = async (condition) => {
        while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const time = async (work) => {
        const start = performance.now();
        await work();
        return performance.now() - start;
      };
      const bytes = await (await fetch(large)).arrayBuffer();
      await lic.decode('/tests/vectors/least-20x20.lic');
      const whole = await time(() => lic.decode(bytes));
      const [running, waiting] = [new AbortController(), new AbortController()];
      const names = [];
      let waitingRows = 0;
      let rows = 0;
      const note = ({ name }) => names.push(name);
      lic.decode(bytes, { signal: running.signal, onProgress: (progress) => (rows = progress.rows) }).catch(note);
      lic
        .decode(bytes, { signal: waiting.signal, onProgress: (progress) => (waitingRows = progress.rows) })
        .catch(note);
      await until(() => rows > 0);
      waiting.abort();
      running.abort();
      // The worker itself says when it is free.
      const stopped = await time(() => until(() => lic.stats().workers.busy === 0));
      const next = await time(() => lic.decode('/tests/vectors/least-20x20.lic'));
      return { names, waitingRows, rows, whole, stopped, next, workers: lic.stats().workers.most };
    }, LARGE);
    assert.deepEqual([seen.names, seen.waitingRows, seen.workers], [['AbortError', 'AbortError'], 0, 1]);
    assert.ok(seen.rows < 6000 && seen.stopped + seen.next < seen.whole / 3, JSON.stringify(seen));
  },
);

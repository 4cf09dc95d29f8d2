// Cancelling: before, while reading, while waiting, while decoding.

import assert from 'node:assert/strict';
import test, { before } from 'node:test';

import { configure, decode } from 'lic-codec';

import { readRoot, readVector } from '../support/vectors.js';

const large = readRoot('tests/web/support/large.lic');
const small = readVector('least-20x20.lic');
const isAbort = { name: 'AbortError' };

before(() => configure({ models: readRoot('tests/models/least.dec.licm') }));

async function timeOf(promise) {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

test('an aborted signal: nothing is read', async () => {
  let pulled = false;
  const stream = new ReadableStream({ pull: () => void (pulled = true) }, { highWaterMark: 0 });
  await assert.rejects(decode(stream, { signal: AbortSignal.abort() }), isAbort);
  assert.equal(pulled, false);
});

test('the reason of the signal is the reason of the rejection', async () => {
  const reason = new Error('scrolled away');
  await assert.rejects(decode(small, { signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(decode(large, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
});

test('while reading: the stream is cancelled', async () => {
  const controller = new AbortController();
  let cancelled;
  const stream = new ReadableStream({
    start: (source) => source.enqueue(large.subarray(0, 1000)),
    cancel: (reason) => void (cancelled = reason),
  });
  const decoding = decode(stream, { signal: controller.signal, onInfo: () => setTimeout(() => controller.abort()) });
  await assert.rejects(decoding, isAbort);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(cancelled?.name, 'AbortError');
});

test('complaint 17: cancelling does not cancel. Here the decoder stops, its thread was free', async () => {
  const whole = await timeOf(decode(large));
  const controller = new AbortController();
  const start = performance.now();
  const decoding = decode(large, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(decoding, isAbort);
  const stopped = performance.now() - start;
  // What comes next does not wait for the rest of the cancelled picture.
  const next = await timeOf(decode(small));
  assert.ok(
    stopped + next < whole / 2,
    `stopped after ${stopped} ms, the next took ${next} ms, a whole one takes ${whole} ms`,
  );
});

test('while decoding, by a clock that stands still between turns, as in Cloudflare Workers', async (t) => {
  const { now } = performance;
  let time = now.call(performance);
  const turn = globalThis.setImmediate;
  t.mock.method(performance, 'now', () => time);
  t.mock.method(globalThis, 'setImmediate', (call) => turn(() => ((time += 1), call())));
  let fraction = 0;
  const controller = new AbortController();
  const onProgress = (progress) => void ({ fraction } = progress);
  const decoding = decode(large, { signal: controller.signal, onProgress });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(decoding, isAbort);
  assert.ok(fraction < 1, 'the thread was not free before the end');
});

test('while waiting: others are not disturbed', async () => {
  const controller = new AbortController();
  const first = decode(large);
  const second = decode(small, { signal: controller.signal });
  const third = decode(small);
  controller.abort();
  await assert.rejects(second, isAbort);
  assert.equal((await third).width, 20);
  assert.equal((await first).width, 8000);
});

test('afterwards nothing happens, and the signal holds no listeners', async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...values) => (++listeners, addEventListener.apply(signal, values));
  signal.removeEventListener = (...values) => (--listeners, removeEventListener.apply(signal, values));
  await decode(new Blob([small]), { signal });
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(listeners, 0);
  controller.abort();
});

// The pool of workers: where workers, or the stand-in for them, do not start; pools that follow each other.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Decoder } from '../../../web/decoder/decoder.js';
import { startLocalWorker } from '../../../web/engine/local.js';

import { readRoot, readVector } from '../support/vectors.js';

const SETTINGS = { models: readRoot('tests/models/tiny.dec.licm'), wasm: readRoot('dist/lic.wasm') };
const file = readVector('tiny-33x31.lic');

/** A decoder with three workers of this kind at most. */
function makeDecoder(spawn, spawnLocal = async () => startLocalWorker()) {
  const nothing = () => assert.fail('nothing is to be opened');
  return new Decoder({ open: nothing, places: { models: {}, wasm: {} }, spawn, spawnLocal, workers: 3 }, SETTINGS);
}

/** Starts workers whose script the browser refuses: it says so of all of them when there are so many. */
function refuse(count) {
  const workers = [];
  return () => {
    const worker = { onmessage: null, onerror: null, postMessage() {}, terminate() {} };
    workers.push(worker);
    if (workers.length === count) setTimeout(() => workers.forEach(({ onerror }) => onerror({ message: 'refused' })));
    return worker;
  };
}

const decodeAll = (decoder, count) => Promise.allSettled(Array.from({ length: count }, () => decoder.decode(file)));

test(
  'whole files that wait for several workers, none of which starts, are decoded on this thread',
  { timeout: 20_000 },
  async () => {
    const decoder = makeDecoder(refuse(3));
    const found = await decodeAll(decoder, 5);
    assert.deepEqual(
      found.map(({ value }) => value?.width),
      [33, 33, 33, 33, 33],
    );
    const { most, running } = decoder.stats().workers;
    assert.deepEqual([most, running], [3, 1]);
    decoder.close();
  },
);

test('likewise where the first start throws', { timeout: 20_000 }, async () => {
  const decoder = makeDecoder(() => {
    throw new DOMException('not from this origin', 'SecurityError');
  });
  const found = await decodeAll(decoder, 3);
  assert.deepEqual(
    found.map(({ value }) => value?.width),
    [33, 33, 33],
  );
  decoder.close();
});

for (const [name, spawn] of [
  ['there are no workers', null],
  ['no worker starts', refuse(1)],
]) {
  test(
    `${name} and the stand-in cannot be loaded: decodes fail, later ones try again`,
    { timeout: 20_000 },
    async () => {
      let isThere = false;
      const decoder = makeDecoder(spawn, async () => {
        if (!isThere) throw new TypeError('local.js is not there');
        return startLocalWorker();
      });
      for (const { reason } of await decodeAll(decoder, 3)) {
        assert.equal(reason?.code, 'internal');
        assert.match(reason.message, /could not be loaded.*local\.js/);
      }
      isThere = true;
      assert.equal((await decoder.decode(file)).width, 33);
      decoder.close();
    },
  );
}

test('stats of all pools that have been', async () => {
  const decoder = makeDecoder(null);
  for (let i = 0; i < 4; ++i) {
    decoder.configure({});
    await decoder.decode(file);
  }
  const { memory, workers, instances } = decoder.stats();
  assert.deepEqual(workers, { running: 1, busy: 0, most: 1 });
  assert.deepEqual(instances, { created: 4, recycled: 0, dropped: 3 });
  assert.equal(memory.bytes, memory.peak);
  decoder.close();
  assert.deepEqual(decoder.stats().instances, { created: 4, recycled: 0, dropped: 4 });
});

test('a call that a change of settings overtakes is counted', async () => {
  const decoder = makeDecoder(null);
  let send;
  const held = new ReadableStream({
    start: (controller) => (send = () => (controller.enqueue(new Uint8Array(file)), controller.close())),
  });
  const running = [];
  const slow = decoder.decode(held, { onProgress: () => running.push(decoder.stats().workers.running) });
  decoder.configure({});
  await decoder.decode(file);
  await decoder.decode(file);
  decoder.configure({});
  await decoder.decode(file);
  send();
  assert.equal((await slow).width, 33);
  assert.equal(running.at(-1), 2);
  assert.equal(decoder.stats().instances.created, 3);
  decoder.close();
});

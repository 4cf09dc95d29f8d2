// Strips, and how much of a picture or a file this thread handles at a time: no turn of the event loop may grow with
// the picture.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { createDecoder } from 'lic-codec';

import { STRIP_BYTES } from '../../../web/common/rows.js';
import { insertSection } from '../support/lic-file.js';
import { readRoot } from '../support/vectors.js';

const models = readRoot('tests/models/least.dec.licm');
const large = readRoot('tests/web/support/large.lic'); // 8000 x 6000
const ICC_SECTION = 1;
const STEP_BYTES = 8000 * 16 * 4; // what the synthesis makes at a time

const local = createDecoder({ models });
const threads = createDecoder({ models, workers: 3 });
after(() => [local, threads].forEach((decoder) => decoder.close()));

/**
 * Bytes that `method` of byte arrays moves on this thread while `work` runs, call by call, with the turn of the event
 * loop: more than the file's.
 */
async function watchCopies(method, work) {
  const copies = [];
  let turn = 0;
  let timer = setImmediate(function count() {
    ++turn;
    timer = setImmediate(count);
  });
  const originals = [Uint8Array, Uint8ClampedArray].map(({ prototype }) => [prototype, prototype[method]]);
  for (const [prototype, original] of originals) {
    prototype[method] = function (...values) {
      copies.push({ bytes: method === 'set' ? values[0].length : this.length, turn });
      return original.apply(this, values);
    };
  }
  try {
    await work();
  } finally {
    for (const [prototype] of originals) delete prototype[method];
    clearImmediate(timer);
  }
  return copies.filter(({ bytes }) => bytes > large.length);
}

const isSame = (a, b) =>
  Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.length), Buffer.from(b.buffer, b.byteOffset, b.length)) === 0;
const sum = (copies) => copies.reduce((total, { bytes }) => total + bytes, 0);
const most = (copies) => Math.max(...copies.map(({ bytes }) => bytes));

test('decodeStrips(): every row once, as decode() has it, and nothing more', async () => {
  const picture = await local.decode(large);
  for (const decoder of [local, threads]) {
    const rows = new Uint8Array(picture.height);
    const info = await decoder.decodeStrips(large, {
      onProgress({ strip }) {
        if (!strip) return;
        const { y, image } = strip;
        for (let i = 0; i < image.height; ++i) ++rows[y + i];
        const start = y * picture.width * 4;
        assert.ok(isSame(image.data, picture.data.subarray(start, start + image.data.length)));
        assert.ok(image.data.length < STRIP_BYTES + STEP_BYTES, `${image.data.length} bytes`);
      },
    });
    assert.deepEqual([info.width, info.height, info.hasAlpha], [8000, 6000, false]);
    assert.ok(rows.every((count) => count === 1));
  }
  await assert.rejects(threads.decodeStrips(large.subarray(0, -3)), { code: 'truncated' });
  await assert.rejects(local.decodeStrips(large, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('decodeStrips() by workers copies no pixels on this thread', async () => {
  const copies = await watchCopies('set', () => threads.decodeStrips(large, { onProgress() {} }));
  assert.deepEqual(copies, []);
});

test('the bands of a picture are put together strip by strip', async () => {
  const copies = await watchCopies('set', () => threads.decode(large));
  assert.equal(sum(copies), 8000 * 6000 * 4);
  assert.ok(most(copies) < STRIP_BYTES + STEP_BYTES, `${most(copies)} bytes at once`);
});

test('a picture of one worker comes without a copy', async () => {
  const one = createDecoder({ models, workers: 1 });
  assert.deepEqual(await watchCopies('set', () => one.decode(large)), []);
  one.close();
});

test('a large file is copied for one worker a turn', async () => {
  const file = insertSection(large, ICC_SECTION, Buffer.alloc(3 * 2 ** 20));
  await threads.decode(large); // so that all workers run
  const copies = await watchCopies('slice', () => threads.decode(file));
  const whole = copies.filter(({ bytes }) => bytes === file.length);
  assert.equal(whole.length, 3);
  assert.equal(new Set(whole.map(({ turn }) => turn)).size, 3);
});

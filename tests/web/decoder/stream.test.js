// decode() of files that come in pieces, and of parts of pictures: always what the whole file at once gives.

import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';

import { configure, decode, info, stats } from 'lic-codec';

import { listBad, listVectors, readRoot, readVector, rootPath } from '../support/vectors.js';

const TINY = 'tests/models/tiny.dec.licm';
const TILES = 'tiny-tiles-of-1.lic';

beforeEach(() => configure({ models: readRoot(TINY) }));

/** A stream of a file in chunks; what comes after `stopAt` waits for `go`. */
function streamOf(file, { chunk = 7, stopAt = Infinity, go = Promise.resolve() } = {}) {
  let at = 0;
  const stream = new ReadableStream(
    {
      async pull(controller) {
        if (at >= stopAt) await go;
        if (at >= file.length) return controller.close();
        const end = Math.min(at + chunk, at < stopAt ? stopAt : Infinity, file.length);
        controller.enqueue(new Uint8Array(file.subarray(at, end)));
        at = end;
      },
      cancel: () => void (stream.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return stream;
}

/** The part of a picture that a region is. */
function crop({ width, data }, region) {
  const rows = [];
  for (let y = region.y; y < region.y + region.height; ++y) {
    const start = (y * width + region.x) * 4;
    rows.push(new Uint8Array(data.buffer, data.byteOffset + start, region.width * 4));
  }
  return Buffer.concat(rows);
}

const same = (a, b) =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

for (const model of new Set(listVectors().map((vector) => vector.model))) {
  test(`vectors of ${model}: streamed, and parts of them`, async () => {
    configure({ models: rootPath(model) });
    for (const { file, width, height } of listVectors().filter((vector) => vector.model === model)) {
      const bytes = readVector(file);
      const whole = await decode(bytes);
      const chunk = Math.max(7, bytes.length >> 6);
      assert.ok(same((await decode(streamOf(bytes, { chunk }))).data, whole.data), file);
      const x = width >> 2;
      const y = height >> 1;
      const region = { x, y, width: (width - x + 1) >> 1, height: height - y };
      assert.ok(same((await decode(bytes, { region })).data, crop(whole, region)), `${file}: region`);
    }
  });
}

test('streamed, every reject vector gives the code of its name', async () => {
  for (const { name, code } of listBad('.lic'))
    await assert.rejects(decode(streamOf(readVector(name))), { code }, name);
});

test('a stream that ends early is truncated, one that fails an io_error', async () => {
  const file = readVector(TILES);
  for (const length of [0, 3, 39, 40, 60, file.length >> 1, file.length - 1]) {
    await assert.rejects(decode(streamOf(file.subarray(0, length))), { code: 'truncated' }, `${length} bytes`);
  }
  let pulls = 0;
  const failing = new ReadableStream({
    pull: (controller) =>
      pulls++
        ? controller.error(new Error('the network is gone'))
        : controller.enqueue(new Uint8Array(file.subarray(0, file.length >> 1))),
  });
  await assert.rejects(decode(failing), { code: 'io_error' });
  assert.equal((await decode(file)).width, 300);
});

test('bytes behind the picture change nothing', async () => {
  const file = readVector(TILES);
  const right = await decode(file);
  for (const behind of [[0], new Uint8Array(3000), Buffer.from('<!-- cached -->'), file, file.subarray(0, 60)]) {
    const longer = Buffer.concat([file, Buffer.from(behind)]);
    assert.ok(same((await decode(longer)).data, right.data), `${behind.length} bytes`);
    assert.ok(same((await decode(streamOf(longer))).data, right.data), `${behind.length} bytes, streamed`);
    assert.deepEqual(await info(longer), await info(file));
  }
});

test('a stream that goes on with zeros is not read for ever', async () => {
  let isFirst = true;
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(isFirst ? readVector(TILES) : 100));
      isFirst = false;
    },
    cancel: () => void (cancelled = true),
  });
  assert.equal((await decode(endless)).width, 300);
  assert.ok(cancelled);
});

test('an abort in the middle of a file ends everything', async () => {
  const file = readVector(TILES);
  for (const part of [20, 60, 700, file.length - 10]) {
    const controller = new AbortController();
    const stream = streamOf(file, { chunk: 50, stopAt: part, go: new Promise(() => {}) });
    const decoding = decode(stream, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(decoding, { name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve));
    assert.ok(stream.cancelled, `${part} bytes`);
  }
  const { busy } = stats().workers;
  assert.equal(busy, 0);
});

test('strips come before the last byte, cover every row once and are the picture', async () => {
  const file = readVector(TILES);
  const seen = [];
  let rows = 0;
  let last = 0;
  let go;
  const waiting = new Promise((resolve) => (go = resolve));
  const picture = await decode(streamOf(file, { chunk: 50, stopAt: Math.round(file.length * 0.8), go: waiting }), {
    onProgress(progress) {
      assert.ok(progress.fraction >= 0 && progress.fraction <= 1 && progress.rows >= last);
      last = progress.rows;
      if (!progress.strip) return;
      const { y, image } = progress.strip;
      seen.push([y, image]);
      rows += image.height;
      assert.equal(rows, progress.rows);
      if (rows > 30) go(progress.loaded);
    },
  });
  assert.ok((await waiting) < file.length, 'rows were made before the file was there');
  assert.equal(rows, picture.height);
  for (const [y, { width, height, data }] of seen) assert.ok(same(data, crop(picture, { x: 0, y, width, height })));
  assert.ok(same(picture.data, (await decode(file)).data));
});

test('bytes are counted as they come', async () => {
  const file = readVector(TILES);
  const loaded = [];
  await decode(streamOf(file, { chunk: 100 }), {
    onProgress: (progress) => progress.phase === 'loading' && loaded.push(progress.loaded),
  });
  assert.equal(loaded.at(-1), file.length);
  assert.ok(loaded.length > file.length / 200);
});

test('a preview comes before the tiles, and only where it is worth while', async () => {
  const file = readVector(TILES);
  let go;
  const seen = new Promise((resolve) => (go = resolve));
  const events = [];
  const picture = await decode(streamOf(file, { chunk: 40, stopAt: file.length >> 1, go: seen }), {
    preview(image) {
      events.push('preview');
      go(image);
    },
    onProgress: ({ strip }) => strip && events.push('strip'),
  });
  const preview = await seen;
  assert.deepEqual([preview.width, preview.height], [Math.ceil(picture.width / 32), Math.ceil(picture.height / 32)]);
  assert.equal(events.indexOf('preview'), 0);
  assert.equal(events.filter((event) => event === 'preview').length, 1);
  await decode(readVector('tiny-33x31.lic'), { preview: () => assert.fail('the file is small, and there') });
});

test('a region takes no more of a file than its tiles', async () => {
  const file = readVector(TILES);
  const stream = streamOf(file, { chunk: 20, stopAt: file.length - 200, go: new Promise(() => {}) });
  const region = { x: 3, y: 5, width: 20, height: 10 };
  const part = await decode(stream, { region });
  assert.deepEqual([part.width, part.height], [20, 10]);
  assert.ok(stream.cancelled);
  assert.ok(same(part.data, crop(await decode(file), region)));
});

test('regions that are none', async () => {
  const file = readVector('tiny-33x31.lic');
  const bad = [
    [0, 0, 34, 1],
    [0, 0, 1, 32],
    [33, 0, 1, 1],
    [-1, 0, 2, 2],
    [0, 0, 0, 1],
    [0.5, 0, 1, 1],
    ['0', 0, 1, 1],
    [0, 0, 2 ** 40, 1],
  ];
  for (const [x, y, width, height] of bad)
    await assert.rejects(decode(file, { region: { x, y, width, height } }), RangeError);
  await assert.rejects(decode(file, { region: {} }), RangeError);
  for (const options of [
    { region: 1 },
    { region: null },
    { head: 'abc' },
    { head: 5 },
    { preview: true },
    { onProgress: {} },
  ]) {
    await assert.rejects(decode(file, options), TypeError);
  }
});

test('what a callback throws ends the decode', async () => {
  const file = readVector(TILES);
  const thrown = new Error('not wanted');
  const fail = () => {
    throw thrown;
  };
  await assert.rejects(decode(file, { onInfo: fail }), thrown);
  await assert.rejects(decode(file, { onProgress: fail }), thrown);
  await assert.rejects(decode(file, { onProgress: ({ strip }) => strip && fail() }), thrown);
  await assert.rejects(decode(file, { preview: fail }), thrown);
  assert.equal((await decode(file)).width, 300);
});

test('head: the one at hand, or model_mismatch', async () => {
  const file = readVector('tiny-33x31.lic');
  const head = 'f77f5f129b2b3afe';
  for (const wanted of [head, 'file', undefined]) assert.equal((await decode(file, { head: wanted })).width, 33);
  const other = '00112233aabbccdd';
  await assert.rejects(decode(file, { head: other }), (error) => {
    assert.equal(error.code, 'model_mismatch');
    assert.deepEqual(error.details, { headHash: head, wanted: other });
    return true;
  });
  configure({ models: { [`22ce781cf20124be/${head}`]: readRoot(TINY) } });
  assert.equal((await decode(file, { head })).width, 33);
  await assert.rejects(decode(file), { code: 'unknown_model' });
});

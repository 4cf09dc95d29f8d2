// decode() and hashSymbols() in Node against the vectors, and the code of every failure.

import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';

import { LicError, close, configure, decode, hashSymbols } from 'lic-codec';

import { changeSection, makeHeader } from '../support/lic-file.js';
import { checkPicture, listBad, listVectors, readRoot, readVector, rootPath } from '../support/vectors.js';

const TINY = 'tests/models/tiny.dec.licm';
const TINY_ID = '22ce781cf20124be';
const HYPER = 2;

const wasm = await WebAssembly.compile(readRoot('dist/lic.wasm'));
const reset = () => configure({ wasm, models: readRoot(TINY) });
beforeEach(reset);

const rejects = (promise, code, about) =>
  assert.rejects(
    promise,
    (error) => {
      assert.ok(error instanceof LicError, `${about}: ${error}`);
      assert.equal(error.code, code, `${about}: ${error.message}`);
      return true;
    },
    about,
  );

for (const model of new Set(listVectors().map((vector) => vector.model))) {
  test(`complaint 1: garbage on another machine. Here symbols are equal and pixels within 1: ${model}`, async () => {
    configure({ models: rootPath(model) });
    for (const vector of listVectors().filter((candidate) => candidate.model === model)) {
      const file = readVector(vector.file);
      assert.equal(await hashSymbols(file), vector.symbols_sha256, vector.file);
      const picture = await decode(file);
      checkPicture(picture, vector);
    }
  });
}

test('every reject vector gives the code of its name', async () => {
  for (const { name, code } of listBad('.lic')) await rejects(decode(readVector(name)), code, name);
});

test('every damaged model gives the code of its name', async () => {
  const file = readVector('tiny-1x1.lic');
  for (const { name, code } of listBad('.dec.licm')) {
    configure({ models: readVector(name) });
    await rejects(decode(file), code, name);
  }
});

test('every truncation of a file is refused', async () => {
  const file = readVector('tiny-every-section.lic');
  const codes = new Set();
  for (let length = 0; length < file.length; ++length) {
    await decode(file.subarray(0, length)).then(
      () => codes.add('decoded'),
      (error) => codes.add(error.code),
    );
  }
  // A file cut after TILES is a whole file without Exif and XMP.
  assert.deepEqual([...codes].sort(), ['decoded', 'truncated']);
});

test('unknown_model names the model', async () => {
  configure({ models: undefined });
  await assert.rejects(decode(readVector('tiny-1x1.lic')), (error) => {
    assert.equal(error.code, 'unknown_model');
    assert.match(error.message, new RegExp(TINY_ID));
    assert.equal(error.details.modelId, TINY_ID);
    return true;
  });
});

test('models: by id, as a path, a Response or a promise of bytes; the wrong one is model_mismatch', async () => {
  const file = readVector('tiny-1x1.lic');
  const bytes = readRoot(TINY);
  for (const models of [
    { [TINY_ID]: bytes },
    rootPath(TINY),
    new Response(bytes),
    Promise.resolve(bytes),
    { [TINY_ID]: Promise.resolve(bytes) },
  ]) {
    configure({ models });
    assert.equal((await decode(file)).width, 1);
  }
  configure({ models: { '0000000000000000': bytes } });
  await rejects(decode(file), 'unknown_model', 'another id');
  configure({ models: readRoot('tests/models/edge.dec.licm') });
  await rejects(decode(file), 'model_mismatch', 'another model');
  configure({ models: '/no/such/model.licm' });
  await rejects(decode(file), 'io_error', 'no file');
});

test('wasm: as bytes, a path, a URL, a Response or a promise; what is none is internal', async () => {
  const file = readVector('tiny-1x1.lic');
  const bytes = readRoot('dist/lic.wasm');
  const url = new URL('../../../dist/lic.wasm', import.meta.url);
  const response = (type) => new Response(bytes, { headers: { 'content-type': type } });
  for (const place of [
    bytes,
    url.href,
    url,
    rootPath('dist/lic.wasm'),
    ...['application/wasm', 'Application/WASM', 'application/wasm;', 'application/wasm; v=1', 'x'].map(response),
    Promise.resolve(wasm),
    undefined,
  ]) {
    configure({ wasm: place });
    assert.equal((await decode(file)).width, 1);
  }
  configure({ wasm: new Uint8Array(8) });
  await rejects(decode(file), 'internal', 'no module');
  configure({ wasm: '/no/such/lic.wasm' });
  await rejects(decode(file), 'io_error', 'no file');
  configure({ wasm: new Response('', { status: 500 }) });
  await rejects(decode(file), 'io_error', 'no answer');
});

test('limit_exceeded comes with the header, before the model is looked for', async () => {
  configure({ models: undefined });
  const header = makeHeader({ width: 2000, height: 1000 });
  await rejects(decode(header, { maxPixels: 1_999_999 }), 'limit_exceeded', 'maxPixels');
  await rejects(decode(makeHeader({ width: 16000, height: 16000 })), 'limit_exceeded', 'the default');
  await rejects(decode(header, { maxPixels: 2_000_000 }), 'unknown_model', 'at the limit');
});

/** A module whose linear memory ends at so many pages of 64 KiB. */
function limitMemory(module, pages) {
  const bytes = Buffer.from(module);
  // Section 5 of one memory, 64 to 32768 pages.
  const at = bytes.indexOf(Buffer.from([5, 6, 1, 1, 0x40, 0x80, 0x80, 0x02]));
  assert.ok(at > 0, 'the memory of the module is another');
  bytes.set([0x80 | (pages & 0x7f), 0x80 | (pages >> 7), 0], at + 5);
  return bytes;
}

test('out_of_memory: linear memory that cannot grow', async () => {
  configure({ wasm: limitMemory(readRoot('dist/lic.wasm'), 80), models: readRoot('tests/models/least.dec.licm') });
  await rejects(decode(readRoot('tests/web/support/large.lic')), 'out_of_memory', 'a large picture');
  assert.equal((await decode(readVector('least-20x20.lic'))).width, 20);
});

test('a trap is internal, and the next decode gets a new instance', async () => {
  const file = readVector('tiny-33x31.lic');
  const { instantiate } = WebAssembly;
  const memories = [];
  WebAssembly.instantiate = async (module, imports) => {
    const instance = await instantiate.call(WebAssembly, module, imports);
    memories.push(Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory));
    return instance;
  };
  try {
    await decode(file);
    new Uint8Array(memories[0].buffer).fill(0xff);
    await rejects(decode(file), 'internal', 'trap');
    assert.equal((await decode(file)).width, 33);
    assert.equal(memories.length, 2);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
});

test('wrong arguments are TypeErrors', async () => {
  const file = readVector('tiny-1x1.lic');
  for (const options of [
    null,
    5,
    { maxPixels: 0 },
    { maxPixels: 1.5 },
    { maxPixels: '9' },
    { signal: {} },
    { onInfo: 1 },
  ]) {
    await assert.rejects(decode(file, options), TypeError);
  }
  await assert.rejects(decode(undefined), TypeError);
  assert.throws(() => configure(null), TypeError);
});

test('onInfo is called with the header before the file is complete', async () => {
  const file = readVector('tiny-64x64.lic');
  let rest;
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(file.subarray(0, 50));
      rest = () => {
        controller.enqueue(file.subarray(50));
        controller.close();
      };
    },
  });
  let seen;
  const picture = await decode(stream, {
    onInfo(header) {
      seen = header;
      rest();
    },
  });
  assert.equal(seen.width, 64);
  assert.equal(picture.width, 64);
});

test('a buffer is neither changed nor detached, and concurrent calls do not meet', async () => {
  const files = ['tiny-65x63.lic', 'tiny-33x31.lic', 'tiny-tiles-of-1.lic'].map(readVector);
  const copies = files.map((file) => Buffer.from(file));
  const alone = [];
  for (const file of files) alone.push(await decode(file));
  const together = await Promise.all(files.map((file) => decode(file)));
  assert.deepEqual(together, alone);
  assert.deepEqual(files, copies);
});

test('close() lets running calls end, and later ones start anew', async () => {
  const file = readVector('tiny-33x31.lic');
  const running = decode(file);
  close();
  assert.equal((await running).width, 33);
  assert.equal((await decode(file)).width, 33);
  close();
});

test('a stream that was changed, its checksum mended, never crashes', async () => {
  const file = readVector('tiny-33x31.lic');
  for (let i = 0; i < 64; ++i) {
    const changed = changeSection(file, HYPER, (payload) => {
      payload[i % payload.length] ^= 1 << (i % 8);
    });
    await decode(changed).catch((error) => assert.equal(error.code, 'bad_stream', error.message));
  }
});

// info(): the header in plain JS against the format document, and against the vectors.

import assert from 'node:assert/strict';
import { createReadStream, openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import test from 'node:test';

import { LicError, info } from 'lic-codec';

import { makeHeader } from '../support/lic-file.js';
import { listBad, listVectors, readVector, rootPath } from '../support/vectors.js';

const hasCode = (code) => (error) => {
  assert.ok(error instanceof LicError, `${error}`);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'LicError');
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.length > 0);
  return true;
};

test('every field is read', async () => {
  const header = makeHeader({ version: 1, flags: 3, quality256: 12801, width: 65535, height: 4096, tileUnits: 1024 });
  assert.deepEqual(await info(header), {
    width: 65535,
    height: 4096,
    version: 1,
    coding: 'autoencoder',
    quality: 12801 / 256,
    hasAlpha: true,
    isGrey: true,
    modelId: '0011223344556677',
    headHash: '8899aabbccddeeff',
    tileUnits: 1024,
    profile: null,
  });
});

test('fields at the ends of their ranges are taken, beyond them refused', async () => {
  const taken = [
    { quality256: 256 },
    { quality256: 25600 },
    { width: 1, height: 1 },
    { width: 16384, height: 16384 },
    { tileUnits: 1 },
    { flags: 1 },
    { flags: 2 },
  ];
  for (const fields of taken) await info(makeHeader(fields));
  const refused = [
    { quality256: 255 },
    { quality256: 25601 },
    { width: 0 },
    { height: 0 },
    { width: 65536 },
    { height: 2 ** 32 - 1 },
    { width: 16385, height: 16384 },
    { tileUnits: 0 },
    { tileUnits: 1025 },
    { reserved: 1 },
    { version: 2 },
    { version: 2, reserved: 2 },
    { version: 2, reserved: 257 },
    { flags: 4 },
    { flags: 128 },
  ];
  for (const fields of refused)
    await assert.rejects(info(makeHeader(fields)), hasCode('bad_header'), JSON.stringify(fields));
});

test('the checks come in the order of the document', async () => {
  const header = makeHeader({ version: 9, width: 0, crc: 0 });
  await assert.rejects(info(header), hasCode('bad_checksum'));
  await assert.rejects(info(makeHeader({ version: 3, width: 0 })), hasCode('unsupported_version'));
  header[0] = 0x88;
  await assert.rejects(info(header), hasCode('not_lic'));
});

test('every truncated header is truncated, unless its magic is wrong', async () => {
  const header = makeHeader();
  for (let length = 0; length < header.length; ++length) {
    await assert.rejects(info(header.subarray(0, length)), hasCode('truncated'), `${length} bytes`);
  }
  await assert.rejects(info(Buffer.from('GIF8')), hasCode('not_lic'));
  await assert.rejects(info(Buffer.from([0x89, 0x50])), hasCode('not_lic'));
});

test('a change of any byte is noticed', async () => {
  for (let i = 0; i < 40; ++i) {
    const header = makeHeader();
    header[i] ^= 0x10;
    await assert.rejects(info(header), hasCode(i < 4 ? 'not_lic' : 'bad_checksum'), `byte ${i}`);
  }
});

test('the vectors have the size of the manifest', async () => {
  for (const { file, width, height, channels } of listVectors()) {
    const header = await info(readVector(file));
    assert.equal(header.width, width, file);
    assert.equal(header.height, height, file);
    assert.equal((header.isGrey ? 1 : 3) + (header.hasAlpha ? 1 : 0), channels, file);
  }
});

test("damaged headers among the reject vectors give their code, other damage is not the header's", async () => {
  const ofHeader =
    /^bad\/(bad_header-|bad_checksum-header|not_lic-|unsupported_version-|truncated-(empty|magic|header))/;
  for (const { name, code } of listBad('.lic')) {
    if (ofHeader.test(name)) await assert.rejects(info(readVector(name)), hasCode(code), name);
    else await info(readVector(name));
  }
});

test('every kind of source', async () => {
  const header = makeHeader({ width: 123 });
  const padded = Buffer.concat([Buffer.alloc(8), header, Buffer.alloc(9)]);
  const buffer = header.buffer.slice(header.byteOffset, header.byteOffset + 40);
  const shared = new SharedArrayBuffer(40);
  new Uint8Array(shared).set(header);
  const file = rootPath('tests/vectors/tiny-1x1.lic');
  const sources = [
    buffer,
    shared,
    header,
    new DataView(buffer),
    padded.subarray(8),
    new Uint16Array(buffer),
    new Blob([header]),
    new Response(header),
    new Blob([header]).stream(),
    `data:;base64,${header.toString('base64')}`,
    new URL(`data:;base64,${header.toString('base64')}`),
  ];
  for (const source of sources) assert.equal((await info(source)).width, 123, `${source}`);
  for (const source of [file, pathToFileURL(file), pathToFileURL(file).href])
    assert.equal((await info(source)).width, 1);
});

test('a stream is read no further than the byte that says whether a profile follows, whatever its chunks', async () => {
  const header = makeHeader();
  let pulls = 0;
  let cancelled = false;
  const stream = new ReadableStream(
    {
      pull(controller) {
        controller.enqueue(new Uint8Array([header[pulls++] ?? 0]));
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  assert.equal((await info(stream)).width, 640);
  assert.equal(pulls, 41);
  assert.ok(cancelled);
});

test('streams as Node.js makes them: in ArrayBuffers, in views, by iteration', async () => {
  const file = rootPath('tests/vectors/tiny-1x1.lic');
  const handle = await open(file);
  const streams = [handle.readableWebStream(), createReadStream(file, { highWaterMark: 7 }), await openAsBlob(file)];
  for (const source of streams) assert.equal((await info(source)).width, 1);
  const { buffer } = Uint8Array.from(makeHeader());
  for (const View of [DataView, Uint8ClampedArray, Int8Array])
    assert.equal((await info(ReadableStream.from([new View(buffer)]))).width, 640);
});

test('an iterable is read no further than needed, and then closed', async () => {
  const header = makeHeader();
  let given = 0;
  let isClosed = false;
  const iterable = (async function* () {
    try {
      for (;;) yield Uint8Array.of(header[given++] ?? 0);
    } finally {
      isClosed = true;
    }
  })();
  assert.equal((await info(iterable)).width, 640);
  assert.equal(given, 41);
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(isClosed);
});

test('what cannot be read is an io_error', async () => {
  await assert.rejects(info('/no/such/file.lic'), hasCode('io_error'));
  await assert.rejects(
    info('http://127.0.0.1:9/x.lic'),
    (error) => hasCode('io_error')(error) && error.cause instanceof Error,
  );
  await assert.rejects(
    info(new Response('no', { status: 404 })),
    (error) => hasCode('io_error')(error) && error.details.status === 404,
  );
  const stream = new ReadableStream({ pull: (controller) => controller.error(new Error('the network is gone')) });
  await assert.rejects(info(stream), hasCode('io_error'));
  await assert.rejects(info(createReadStream('/no/such/file.lic')), hasCode('io_error'));
});

test('wrong arguments are TypeErrors', async () => {
  const used = new Response(makeHeader());
  await used.arrayBuffer();
  for (const source of [
    undefined,
    null,
    5,
    {},
    [],
    Symbol.iterator,
    used,
    new ReadableStream({ start: (c) => c.enqueue('text') }),
    Readable.from(['text']),
  ]) {
    await assert.rejects(info(source), TypeError);
  }
  await assert.rejects(info(makeHeader(), { signal: 1 }), TypeError);
  await assert.rejects(info(makeHeader(), null), TypeError);
});

test('a signal stops the reading', async () => {
  const aborted = AbortSignal.abort();
  await assert.rejects(info(makeHeader(), { signal: aborted }), { name: 'AbortError' });
  const controller = new AbortController();
  let cancelled = false;
  const endless = new ReadableStream({ cancel: () => void (cancelled = true) });
  const reading = info(endless, { signal: controller.signal });
  controller.abort();
  await assert.rejects(reading, { name: 'AbortError' });
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(cancelled);
});

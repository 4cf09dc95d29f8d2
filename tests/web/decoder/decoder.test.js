// createDecoder(), workers in Node, large pictures in bands, stats(), profiles.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import test from 'node:test';

import { close, configure, createDecoder, decode, decodeToBitmap, info, stats } from 'lic-codec';

import { readRoot, readVector, rootPath } from '../support/vectors.js';

const TINY = readRoot('tests/models/tiny.dec.licm');
const LEAST = readRoot('tests/models/least.dec.licm');
const file = readVector('tiny-tiles-of-1.lic');
const large = readRoot('tests/web/support/large.lic');
const hash = ({ data }) => createHash('sha256').update(data).digest('hex');

test('decoders have settings of their own, and end', async () => {
  configure({ models: LEAST });
  const decoder = createDecoder({ models: TINY });
  const picture = await decoder.decode(file);
  assert.equal(picture.width, 300);
  await assert.rejects(decode(file), { code: 'model_mismatch' });
  const running = decoder.decode(file);
  decoder[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  assert.deepEqual(await running, picture);
  await assert.rejects(decoder.decode(file), { code: 'internal', message: /closed/ });
  assert.equal(decoder.stats().workers.running, 0);
  for (const configuration of [null, 5, { workers: -1 }, { workers: '2' }])
    assert.throws(() => createDecoder(configuration), TypeError);
});

test('worker threads: the same pictures, and the errors of the same codes', async () => {
  const local = createDecoder({ models: TINY });
  const threads = createDecoder({ models: TINY, workers: 2 });
  const pictures = await Promise.all(
    [file, readVector('tiny-33x31.lic'), new Blob([file]), rootPath('tests/vectors/tiny-65x63.lic')].map((source) =>
      threads.decode(source),
    ),
  );
  assert.equal(hash(pictures[0]), hash(await local.decode(file)));
  assert.equal(hash(pictures[0]), hash(pictures[2]));
  await assert.rejects(threads.decode(file.subarray(0, 500)), { name: 'LicError', code: 'truncated' });
  const controller = new AbortController();
  const aborted = threads.decode(file, { signal: controller.signal });
  controller.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  const { workers, instances, decodes } = threads.stats();
  assert.ok(workers.most === 2 && workers.running <= 2);
  assert.ok(instances.created >= 1 && instances.created <= 2);
  assert.deepEqual(decodes, { started: 6, done: 4, failed: 1, aborted: 1 });
  threads.close();
  local.close();
});

test('a large picture in bands is the picture; every row comes once', async () => {
  const local = createDecoder({ models: LEAST });
  const threads = createDecoder({ models: LEAST, workers: 3 });
  const rows = new Uint8Array(6000);
  const picture = await threads.decode(large, {
    onProgress: ({ strip }) => {
      for (let y = 0; y < (strip?.image.height ?? 0); ++y) ++rows[strip.y + y];
    },
  });
  assert.equal(threads.stats().workers.most, 3);
  assert.ok(rows.every((count) => count === 1));
  assert.equal(hash(picture), hash(await local.decode(large)));
  const region = { x: 100, y: 1000, width: 3000, height: 3100 };
  assert.equal(hash(await threads.decode(large, { region })), hash(await local.decode(large, { region })));
  const cut = large.subarray(0, -3);
  await assert.rejects(threads.decode(cut), { code: 'truncated' });
  threads.close();
  local.close();
});

test('idle workers do not keep a process alive', () => {
  const script = `
    import { configure, decode } from 'lic-codec';
    configure({ workers: 2, models: ${JSON.stringify(rootPath('tests/models/tiny.dec.licm'))} });
    console.log((await decode(${JSON.stringify(rootPath('tests/vectors/tiny-33x31.lic'))})).width);`;
  const start = performance.now();
  assert.equal(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: rootPath('.'),
      encoding: 'utf8',
      timeout: 60_000,
    }).trim(),
    '33',
  );
  assert.ok(performance.now() - start < 9000, 'it waited for the idle worker to end');
});

test('stats and measures', async () => {
  const decoder = createDecoder({ models: TINY, measures: true });
  assert.equal(decoder.stats().wasm, null);
  for (let i = 0; i < 3; ++i) await decoder.decode(file);
  const { decodes, bytes, pixels, ms, memory, instances, wasm } = decoder.stats();
  assert.deepEqual([decodes.done, bytes, pixels], [3, 3 * file.length, 3 * 300 * 200]);
  assert.ok(
    ms.entropy > 0 && ms.synthesis > 0 && ms.total > ms.synthesis + ms.entropy && ms.load >= 0 && ms.wait >= 0,
    JSON.stringify(ms),
  );
  assert.deepEqual(instances, { created: 1, recycled: 2, dropped: 0 });
  assert.ok(memory.bytes > 0 && memory.peak >= memory.bytes);
  assert.match(wasm, /^(simd|relaxed)$/);
  assert.equal(performance.getEntriesByName('lic:decode').length, 3);
  assert.equal(performance.getEntriesByName('lic:load').length, 3);
  decoder.close();
  const silent = createDecoder({ models: TINY });
  await silent.decode(file);
  assert.equal(performance.getEntriesByName('lic:decode').length, 3);
  assert.equal(typeof stats().decodes.started, 'number');
  silent.close();
});

test('an instance that finds no memory takes no model with it', async (t) => {
  const decoder = createDecoder({ models: TINY });
  t.mock.method(WebAssembly, 'instantiate', () => Promise.reject(new RangeError('out of memory')), { times: 1 });
  await assert.rejects(decoder.decode(file), { code: 'out_of_memory' });
  assert.equal((await decoder.decode(file)).width, 300);
  decoder.close();
});

test('decodeToBitmap where there are no ImageBitmaps', async () => {
  await assert.rejects(decodeToBitmap(file), { name: 'NotSupportedError' });
});

/** A picture with an ICC profile of these primaries (X, Y, Z of red, green, blue) and curve. */
function withProfile(name, primaries, curve = Buffer.from('706172610000000000000000000266660000', 'hex')) {
  const description = Buffer.alloc(28 + 2 * name.length);
  description.write('mluc', 0, 'latin1');
  description.writeUInt32BE(1, 8);
  description.writeUInt32BE(12, 12);
  description.write('enUS', 16, 'latin1');
  description.writeUInt32BE(2 * name.length, 20);
  description.writeUInt32BE(28, 24);
  for (let i = 0; i < name.length; ++i) description.writeUInt16BE(name.charCodeAt(i), 28 + 2 * i);
  const colours = [0, 3, 6].map((from) => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ', 0, 'latin1');
    for (let i = 0; i < 3; ++i) tag.writeInt32BE(Math.round(primaries[from + i] * 65536), 8 + 4 * i);
    return tag;
  });
  const tags = [
    ['desc', description],
    ['rXYZ', colours[0]],
    ['gXYZ', colours[1]],
    ['bXYZ', colours[2]],
    ['rTRC', curve],
  ];
  const head = Buffer.alloc(128 + 4 + 12 * tags.length);
  head.writeUInt32BE(tags.length, 128);
  let offset = head.length;
  tags.forEach(([signature, { length }], i) => {
    head.write(signature, 132 + 12 * i, 'latin1');
    head.writeUInt32BE(offset, 136 + 12 * i);
    head.writeUInt32BE(length, 140 + 12 * i);
    offset += length;
  });
  const profile = Buffer.concat([head, ...tags.map(([, bytes]) => bytes)]);
  const section = Buffer.alloc(9);
  section.writeUInt8(1, 0);
  section.writeUInt32LE(profile.length, 1);
  section.writeUInt32LE(crc32(Buffer.concat([section.subarray(0, 5), profile])), 5);
  const picture = readVector('tiny-33x31.lic');
  return {
    bytes: profile.length,
    file: Buffer.concat([picture.subarray(0, 40), section, profile, picture.subarray(40)]),
  };
}

const SRGB = [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141];
const DISPLAY_P3 = [0.5151, 0.2412, -0.0011, 0.2919, 0.6922, 0.0419, 0.1572, 0.0666, 0.7841];
const ADOBE_RGB = [0.6097, 0.3111, 0.0195, 0.2053, 0.6257, 0.0609, 0.1492, 0.0632, 0.7446];

test('profiles: named, and known where a canvas has the space', async () => {
  configure({ models: TINY });
  for (const [name, primaries, colorSpace] of [
    ['sRGB', SRGB, 'srgb'],
    ['Display P3', DISPLAY_P3, 'display-p3'],
    ['Adobe RGB', ADOBE_RGB, null],
  ]) {
    const { bytes, file: picture } = withProfile(name, primaries);
    assert.deepEqual((await info(picture)).profile, { bytes, name, colorSpace });
    assert.deepEqual((await info(new Blob([picture]).stream())).profile, { bytes, name, colorSpace });
    let seen;
    const decoded = await decode(picture, { onInfo: (header) => (seen = header) });
    assert.equal(decoded.colorSpace, colorSpace ?? 'srgb');
    assert.deepEqual(seen.profile, { bytes, name, colorSpace });
  }
  // No entries, gamma 1, a function of exponent 1; gamma 2.2; one that ends too early.
  for (const [curve, colorSpace] of [
    ['637572760000000000000000', null],
    ['6375727600000000000000010100', null],
    ['70617261000000000000000000010000', null],
    ['6375727600000000000000010233', 'srgb'],
    ['637572760000000000000001', 'srgb'],
    ['70617261', 'srgb'],
  ]) {
    const { file: picture } = withProfile('curve', SRGB, Buffer.from(curve, 'hex'));
    assert.equal((await info(picture)).profile.colorSpace, colorSpace, curve);
  }
  const { bytes, file: picture } = withProfile('sRGB', SRGB);
  assert.deepEqual((await info(picture.subarray(0, 100))).profile, { bytes, name: null, colorSpace: null });
  assert.equal((await info(picture.subarray(0, 40))).profile, null);
  assert.equal((await info(rootPath('tests/vectors/tiny-33x31.lic'))).profile, null);
  close();
});

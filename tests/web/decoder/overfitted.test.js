// Files that carry their own networks: no model, and the same bits as everywhere.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';

import { createDecoder, info } from 'lic-codec';

import { checkExactly, listOverfitted, readRoot, readVector, rootPath } from '../support/vectors.js';

// A model that cannot be loaded: nobody may ask for it.
const models = Promise.reject(new Error('a model was asked for'));
models.catch(() => {});

test('every vector has the pixels of its hash, without a model', async () => {
  const decoder = createDecoder({ workers: 1, models });
  const vectors = listOverfitted();
  assert.ok(vectors.length >= 30);
  for (const vector of vectors) checkExactly(await decoder.decode(readVector(`overfitted/${vector.file}`)), vector);
  decoder.close();
});

test('the small decoder alone is loaded, and memory of both is counted', async () => {
  const decoder = createDecoder({ models: readRoot('tests/models/tiny.dec.licm'), workers: 1 });
  const decode = async (name) => (await decoder.decode(readVector(name)), decoder.stats());
  assert.equal((await decode('overfitted/alpha.lic')).wasm, 'overfitted');
  const { instances, memory } = await decode('overfitted/grey.lic');
  assert.deepEqual([instances.created, instances.recycled], [1, 1]);
  const both = await decode('tiny-1x1.lic');
  assert.notEqual(both.wasm, 'overfitted');
  assert.equal(both.instances.created, 2);
  assert.ok(both.memory.bytes > memory.bytes);
  decoder.close();
});

test('a decoder that the caller names is used for every file', async () => {
  const vector = listOverfitted()[0];
  for (const [wasm, kind] of [
    [readRoot('dist/lic.wasm'), 'given'],
    [{ simd: readRoot('dist/lic.wasm') }, 'simd'],
    [{ simd: '/no/such/file', overfitted: readRoot('dist/lic-overfitted.wasm') }, 'overfitted'],
  ]) {
    const decoder = createDecoder({ wasm });
    checkExactly(await decoder.decode(readVector(`overfitted/${vector.file}`)), vector);
    assert.equal(decoder.stats().wasm, kind);
    decoder.close();
  }
});

test('the small decoder refuses files of other codings', async () => {
  const decoder = createDecoder({
    wasm: readRoot('dist/lic-overfitted.wasm'),
    models: readRoot('tests/models/tiny.dec.licm'),
  });
  await assert.rejects(decoder.decode(readVector('tiny-1x1.lic')), { code: 'unsupported_version' });
  decoder.close();
});

test('every file that must be refused gives its error', async () => {
  const decoder = createDecoder({ workers: 1, models });
  const names = readdirSync(rootPath('tests/vectors/overfitted/bad'));
  assert.ok(names.length >= 50);
  for (const name of names) {
    const code = name.match(/^[a-z_]+/)[0];
    await assert.rejects(decoder.decode(readVector(`overfitted/bad/${name}`)), { code }, name);
  }
  decoder.close();
});

test('info says the coding, and names no model', async () => {
  const { coding, version, modelId, headHash } = await info(readVector(`overfitted/${listOverfitted()[0].file}`));
  const expected = { coding: 'overfitted', version: 2, modelId: null, headHash: null };
  assert.deepEqual({ coding, version, modelId, headHash }, expected);
});

test('previews: once, before the rows, of a quarter of the size; those of regions are parts of them', async () => {
  const decoder = createDecoder();
  const look = async (file, region) => {
    const previews = [];
    const onProgress = ({ rows }) => rows > 0 && previews.push('rows');
    await decoder.decode(file, { region, onProgress, preview: (image) => previews.push(image) });
    return previews;
  };
  let seen = 0;
  for (const { file, width, height } of listOverfitted()) {
    const bytes = readVector(`overfitted/${file}`);
    const [image] = await look(bytes);
    if (image === 'rows' || !image) continue;
    ++seen;
    assert.deepEqual([image.width, image.height], [Math.ceil(width / 4), Math.ceil(height / 4)], file);
    assert.ok(
      image.data.every((value, i) => i % 4 !== 3 || value === 255),
      file,
    );
    const [x, y] = [Math.min(9, width - 1), Math.min(30, height - 1)];
    const [left, top] = [x >> 2, y >> 2];
    const region = { x, y, width: width - x, height: height - y };
    const [part, ...others] = await look(bytes, region);
    assert.ok(
      others.every((other) => other === 'rows'),
      file,
    );
    assert.deepEqual([part.width, part.height], [image.width - left, image.height - top], file);
    for (let row = 0; row < part.height; ++row) {
      const from = 4 * ((row + top) * image.width + left);
      const expected = image.data.subarray(from, from + 4 * part.width);
      assert.deepEqual(part.data.subarray(4 * row * part.width, 4 * (row + 1) * part.width), expected, file);
    }
  }
  assert.ok(seen >= 3, `${seen} previews`);
  decoder.close();
});

// Files that carry their own networks: no model, and the same bits as everywhere.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import test from 'node:test';

import { createDecoder, info } from 'lic-codec';

import { readVector, rootPath } from '../support/vectors.js';

/** The lines of the manifest. */
function listOverfitted() {
  const lines = readVector('overfitted/manifest.tsv').toString().trimEnd().split('\n');
  const [names, ...rows] = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

/** Red, green, blue and alpha as the channels that a picture was coded with. */
function toChannels(rgba, channels) {
  const wanted = { 1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3] }[channels];
  const samples = Buffer.alloc((rgba.length / 4) * channels);
  for (let i = 0; i < samples.length; ++i) samples[i] = rgba[4 * Math.floor(i / channels) + wanted[i % channels]];
  return samples;
}

// A model that cannot be loaded: nobody may ask for it.
const models = Promise.reject(new Error('a model was asked for'));
models.catch(() => {});

test('every vector has the pixels of its hash, without a model', async () => {
  const decoder = createDecoder({ workers: 1, models });
  const vectors = listOverfitted();
  assert.ok(vectors.length >= 30);
  for (const { file, width, height, channels, pixels_sha256: sha256 } of vectors) {
    const picture = await decoder.decode(readVector(`overfitted/${file}`));
    assert.equal(`${picture.width} ${picture.height}`, `${width} ${height}`, file);
    const samples = toChannels(picture.data, Number(channels));
    assert.equal(createHash('sha256').update(samples).digest('hex'), sha256, file);
  }
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

// `npm run bench` on a small file of the overfitted coding: its tables, and what a page of each coding loads. No times.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { promisify } from 'node:util';

import { rootPath } from '../support/vectors.js';

const NATIVE = process.env.LIC_COMMAND ?? rootPath('build/release/native/lic');
const skip = !existsSync(NATIVE) && `there is no ${NATIVE}`;
const PICTURE = rootPath('tests/vectors/overfitted/base-set-1.lic');

/** @param {string[]} parameters */
const bench = (...parameters) =>
  promisify(execFile)(process.execPath, [rootPath('scripts/bench.js'), ...parameters], {
    env: { ...process.env, LIC_MODEL_PATH: rootPath('models') },
  });

test('both codings and their rivals are timed, and pages load what their files need', { skip }, async () => {
  const { stdout } = await bench(PICTURE, '--rounds', '1', '--cold-rounds', '1', '--json');
  const { pictures, sizes } = JSON.parse(stdout);
  const keys = ['overfitted', 'autoencoder', 'avif', 'jxl', 'webp'];
  const [{ bytes, ms_per_megapixel: warm, cold_ms_per_megapixel: cold, native_ms_per_megapixel: native }] = pictures;
  for (const times of [bytes, warm, cold]) {
    assert.deepEqual(Object.keys(times).toSorted(), keys.toSorted());
    assert.ok(Object.values(times).every((value) => value > 0));
  }
  for (const key of keys) assert.ok(cold[key] > warm[key], key);
  assert.deepEqual(Object.keys(native), ['overfitted', 'autoencoder']);
  const [overfitted, autoencoder] = sizes;
  assert.equal(overfitted.weights.bytes, 0);
  assert.ok(overfitted.code.brotli_bytes < 45_000);
  assert.ok(autoencoder.weights.bytes > 500_000 && autoencoder.code.brotli_bytes > overfitted.code.brotli_bytes);
});

test('wrong rounds are told', async () => {
  await assert.rejects(bench(PICTURE, '--rounds', '0'), { code: 2, stderr: /usage: npm run bench/ });
});

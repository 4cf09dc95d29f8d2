// Photographs, end to end: what the command encodes and decodes, the web package decodes alike.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { configure, decode, hashSymbols, info } from 'lic-codec';

import { largestDifference, rootPath, toRgba } from './vectors.js';

const DATA = process.env.LIC_TEST_DATA;
const skip = DATA ? false : 'LIC_TEST_DATA is not set';
const LIC = rootPath('build/release/native/lic');
const CASES = [
  { photo: 'kodim04', quality: 30 },
  { photo: 'kodim13', quality: 90 },
  { photo: 'kodim23', quality: 60 },
];

/** Width, height and samples of a binary PPM without comments. */
function readPpm(file) {
  const [head, width, height] = file.toString('latin1', 0, 40).match(/^P6\s(\d+)\s(\d+)\s255\s/);
  return { width: Number(width), height: Number(height), samples: file.subarray(head.length) };
}

for (const { photo, quality } of CASES) {
  test(`${photo} at quality ${quality}: native and WebAssembly agree`, { skip }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lic-photos-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const lic = join(folder, 'photo.lic');
    const ppm = join(folder, 'photo.ppm');
    const run = (...values) => execFileSync(LIC, values, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    run('encode', join(DATA, `kodak/${photo}.png`), '-o', lic, '-q', String(quality));
    run('decode', lic, '-o', ppm);
    const { symbol_hash: symbols } = JSON.parse(run('verify', lic, '--json'));

    configure({ models: rootPath('models/lic-photo.dec.licm') });
    const native = readPpm(readFileSync(ppm));
    const picture = await decode(lic);
    assert.deepEqual([picture.width, picture.height], [native.width, native.height]);
    assert.equal((await info(lic)).quality, quality);
    assert.equal(await hashSymbols(lic), symbols);
    assert.ok(largestDifference(picture.data, toRgba(native.samples, 3)) <= 1);
  });
}

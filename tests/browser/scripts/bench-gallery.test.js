// `npm run bench:gallery` with two small pictures: that all pages show them, and what is counted. No times.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';

import sharp from 'sharp';

import { findChromium } from '../../../scripts/demo/chromium.js';
import { rootPath } from '../../web/support/vectors.js';

const SCRIPT = rootPath('scripts/bench-gallery.js');
const work = rootPath(`build/bench-gallery-test-${process.pid}`);
const folder = mkdtempSync(join(tmpdir(), 'lic-gallery-'));
after(() => [folder, work].forEach((path) => rmSync(path, { recursive: true, force: true })));

const missing = [
  ...['djpeg', 'avifenc'].filter((program) => spawnSync(program, ['-version']).error),
  ...[rootPath('build/release/native/lic')].filter((path) => !existsSync(path)),
];
const skip = findChromium()
  ? missing.length > 0 && `missing: ${missing.join(', ')}`
  : 'Chromium is missing: install it, or name it in CHROMIUM';

const bench = (...parameters) => promisify(execFile)(process.execPath, [SCRIPT, ...parameters, '--work', work]);

test(
  'three pages show the pictures, cold and warm; a cold one loads code, weights and pictures',
  { skip },
  async () => {
    for (const [name, width, height] of [
      ['one', 150, 100],
      ['two', 64, 130],
    ]) {
      const noise = { type: /** @type {'gaussian'} */ ('gaussian'), mean: 128, sigma: 20 };
      await sharp({ create: { width, height, channels: 3, background: '#678', noise } })
        .png()
        .toFile(join(folder, `${name}.png`));
    }
    const { stdout } = await bench(folder, '--rounds', '1', '--no-large', '--json');
    const { results, rounds } = JSON.parse(stdout);
    assert.equal(rounds, 1);
    assert.deepEqual(
      results.map(({ kind, cache }) => `${kind} ${cache}`),
      ['lic cold', 'lic warm', 'jsquash cold', 'jsquash warm', 'native cold', 'native warm'],
    );
    for (const {
      set,
      kind,
      cache,
      pictures,
      ms,
      thread_ms: threadMs,
      bytes,
      long_tasks: count,
      long_tasks_ms: sum,
    } of results) {
      const about = `${kind} ${cache}`;
      assert.deepEqual([set, pictures], ['gallery', 2], about);
      assert.ok(ms > 0 && threadMs > 0 && count >= 0 && sum >= 50 * count, about);
      assert.equal(bytes.total, bytes.code + bytes.model + bytes.pictures);
      if (cache === 'warm') assert.equal(bytes.pictures + bytes.model, 0, about);
      else
        assert.ok(
          bytes.pictures > 100 && bytes.code > 100 && bytes.model > 0 === (kind === 'lic'),
          `${about}: ${JSON.stringify(bytes)}`,
        );
    }
    const [lic, , jsquash, , native] = results;
    assert.ok(
      native.bytes.code < 10_000 && lic.bytes.code < 200_000 && jsquash.bytes.code > 100_000,
      JSON.stringify(results),
    );
  },
);

test('without pictures it says how it is called', { skip }, async () => {
  await assert.rejects(bench(join(folder, 'none')), { code: 2, stderr: /usage: npm run bench:gallery/ });
});

// `npm run bench:models` with two copies of the tiny model: its table. No times.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';

import sharp from 'sharp';

import { rootPath } from '../support/vectors.js';

const NATIVE = process.env.LIC_COMMAND ?? rootPath('build/release/native/lic');
const skip = !existsSync(NATIVE) && `there is no ${NATIVE}`;
const folder = mkdtempSync(join(tmpdir(), 'lic-models-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} parameters */
const bench = (...parameters) =>
  promisify(execFile)(process.execPath, [rootPath('scripts/bench-models.js'), ...parameters]);

test('each model has a row with its cost, its bits and the times of its parts', { skip }, async () => {
  const costs = { first: { synthesis: 3.25, entropy: 0.5 }, second: { synthesis: 1, entropy: 0.75 } };
  for (const name of Object.keys(costs)) {
    for (const half of ['dec', 'enc'])
      copyFileSync(rootPath(`tests/models/tiny.${half}.licm`), join(folder, `${name}.${half}.licm`));
  }
  writeFileSync(join(folder, 'costs.json'), JSON.stringify(costs));
  const picture = join(folder, 'picture.png');
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#678' } })
    .png()
    .toFile(picture);
  const { stdout } = await bench(folder, picture, '--rounds', '2');
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '));
  assert.deepEqual(
    rows.slice(2).map((row) => row.slice(0, 3)),
    [
      ['first', '3.25', '0.50'],
      ['second', '1.00', '0.75'],
    ],
  );
  assert.equal(rows[2][3], rows[3][3]); // the same weights make the same bits
  assert.equal(rows[2].at(-1), '1.00');
  for (const row of rows.slice(2)) {
    const [bits, synthesis, entropy, whole] = row.slice(3).map(Number);
    assert.ok(bits > 0 && synthesis > 0 && entropy >= 0 && whole + 1 >= synthesis, row.join(' '));
  }
});

test('without a picture it says how it is called', async () => {
  await assert.rejects(bench(folder), { code: 2, stderr: /usage: npm run bench:models/ });
});

// Memory comes back: after many decodes, and after a large one.

import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'node:test';

import { close, configure, decode } from 'lic-codec';

import { listVectors, readRoot, readVector } from '../support/vectors.js';

const MB = 2 ** 20;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Resident bytes when all garbage is gone. */
async function settle() {
  for (let i = 0; i < 3; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  return process.memoryUsage().rss;
}

test('100 decodes take no more memory than 10', async () => {
  configure({ models: readRoot('tests/models/tiny.dec.licm') });
  const files = listVectors()
    .filter(({ model }) => model.includes('tiny'))
    .map(({ file }) => readVector(file));
  const run = async (count) => {
    for (let i = 0; i < count; ++i) await decode(files[i % files.length]);
    return settle();
  };
  await run(files.length);
  const after10 = await run(10);
  const after100 = await run(100);
  assert.ok(after100 - after10 < 8 * MB, `${((after100 - after10) / MB).toFixed(1)} MB more`);
});

test('complaint 11: memory is never returned. Here 48 megapixels keep nothing', async () => {
  configure({ models: readRoot('tests/models/least.dec.licm') });
  await decode(readVector('least-20x20.lic'));
  const before = await settle();
  for (let i = 0; i < 2; ++i) await decode(readRoot('tests/web/support/large.lic'));
  const after = await settle();
  assert.ok(after - before < 32 * MB, `${((after - before) / MB).toFixed(1)} MB more`);
});

test('a failed decode keeps no memory', async () => {
  configure({ models: readRoot('tests/models/least.dec.licm') });
  const file = readRoot('tests/web/support/large.lic');
  const cut = Buffer.concat([file.subarray(0, -2), Buffer.from([1, 2])]);
  const before = await settle();
  for (let i = 0; i < 5; ++i) await assert.rejects(decode(cut), { code: 'bad_checksum' });
  const after = await settle();
  close();
  assert.ok(after - before < 32 * MB, `${((after - before) / MB).toFixed(1)} MB more`);
});

test('settings that are replaced keep no memory', async () => {
  configure({ models: readRoot('tests/models/tiny.dec.licm') });
  const decodeWith = async (wasm) => {
    configure({ wasm });
    await decode(readVector('tiny-33x31.lic'));
    return new WeakRef(wasm);
  };
  const modules = [];
  for (let i = 0; i < 3; ++i) modules.push(await decodeWith(new WebAssembly.Module(readRoot('dist/lic.wasm'))));
  await settle();
  assert.deepEqual(
    modules.map((module) => Boolean(module.deref())),
    [false, false, true],
  );
  close();
});

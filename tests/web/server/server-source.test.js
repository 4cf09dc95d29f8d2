// lic-codec/server when its source gives up, breaks off or changes.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';

import { readVector } from '../support/vectors.js';
import { ask, listen } from './http.js';
import { NAME, folder, makeGate, start, until, work } from './load.js';

test('a source that gives up is answered as well', async () => {
  const { port } = await start({ source: () => Promise.reject(new DOMException('too slow', 'AbortError')) });
  assert.equal((await ask(port, '/a.lic')).status, 500);
});

test('a source that breaks off does not look like a whole file', async () => {
  const told = [];
  const onError = (error) => told.push(error.message);
  const stream = () =>
    Readable.from(
      (function* () {
        yield Buffer.alloc(10);
        throw new Error('gone');
      })(),
    );
  const large = { size: 1e6, etag: 'x', read: async () => new Uint8Array(), stream };
  await assert.rejects(ask((await start({ source: () => large, onError })).port, '/a.lic'), { code: 'ECONNRESET' });
  const short = await start({ source: () => ({ ...large, size: 100 }), onError });
  assert.equal((await ask(short.port, '/a.lic')).status, 500);
  assert.deepEqual(told, ['gone', 'the picture changed while it was read']);
  for (const bytes of [999_999, 1_000_001]) {
    const other = await start({
      source: () => ({ ...large, stream: () => Readable.from([Buffer.alloc(5e5), Buffer.alloc(bytes - 5e5)]) }),
      onError,
    });
    await assert.rejects(ask(other.port, '/a.lic'), { code: 'ECONNRESET' }, 'the connection is of no more use');
    assert.equal(told.pop(), 'the picture changed while it was read');
  }
  const { port } = await start({ source: () => Buffer.alloc(3e6, 7) });
  assert.equal((await ask(port, '/a.lic', { headers: { range: 'bytes=5-2000004' } })).body.length, 2e6);
});

test('a file of a folder that is replaced or written to: one state of it, or none', async () => {
  const photos = join(folder, 'photos');
  mkdirSync(photos);
  const replace = (name, bytes) => {
    writeFileSync(join(photos, 'new'), bytes);
    renameSync(join(photos, 'new'), join(photos, name));
  };
  for (const name of ['a.lic', 'b.lic']) replace(name, readVector(NAME));
  const { handler, port } = await start({ source: photos, concurrency: 1 });
  const healthPort = await listen(handler.health);
  await ask(healthPort, '/'); // decodes its sample
  work.decodes = 0;
  const open = makeGate();
  const first = ask(port, '/a.lic?format=webp');
  await until(() => work.decodes === 1);
  const second = ask(port, '/b.lic?format=webp');
  await until(async () => JSON.parse((await ask(healthPort, '/')).body).queued === 1);
  replace('b.lic', readVector('tiny-tiles-of-2.lic'));
  open();
  assert.equal((await first).status, 200);
  const { status, headers, body } = await second;
  assert.deepEqual(
    [status, JSON.parse(body).code, headers['retry-after'], headers.etag],
    [503, 'changed', '2', undefined],
  );
  assert.equal((await ask(port, '/b.lic?format=webp')).status, 200);

  // More than sockets buffer, so that most is not yet read when the answer begins.
  const bytes = Buffer.alloc(3e7, 1);
  const midway = (change) =>
    new Promise((resolve, reject) => {
      replace('large.lic', bytes);
      httpRequest({ port, path: '/large.lic', agent: false }, (response) => {
        change();
        const parts = [];
        response
          .on('data', (part) => parts.push(part))
          .on('end', () => resolve(Buffer.concat(parts)))
          .on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  assert.ok(
    (await midway(() => replace('large.lic', Buffer.alloc(3e7, 2)))).equals(bytes),
    'what was opened is read to its end',
  );
  await assert.rejects(
    midway(() => truncateSync(join(photos, 'large.lic'), 2.9e7)),
    { code: 'ECONNRESET' },
  );
  await assert.rejects(
    midway(() => writeFileSync(join(photos, 'large.lic'), Buffer.alloc(3e7, 2))),
    { code: 'ECONNRESET' },
  );
});

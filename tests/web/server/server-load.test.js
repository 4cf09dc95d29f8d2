// lic-codec/server under load: caches, the queue, the time limit, clients that leave, the thread.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import sharp from 'sharp';

import { decode } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { readRoot } from '../support/vectors.js';
import { ask, listen } from './http.js';
import { NAME, folder, makeGate, start, until, work } from './load.js';

test('a picture is made once: for all who ask meanwhile, and for those who ask later', async () => {
  const { port } = await start();
  const open = makeGate();
  const asked = Array.from({ length: 20 }, () => ask(port, `/${NAME}?format=webp`));
  await until(() => work.decodes > 0);
  await sleep(50);
  open();
  const bodies = (await Promise.all(asked)).map(({ status, body }) => (assert.equal(status, 200), body));
  assert.ok(bodies.every((body) => body.equals(bodies[0])));
  assert.ok((await ask(port, `/${NAME}?format=webp`)).body.equals(bodies[0]));
  assert.equal(work.decodes, 1);
  await ask(port, `/${NAME}?format=webp&quality=50`);
  assert.equal(work.decodes, 2);
});

test('memory holds so many bytes, the pictures used last', async () => {
  const { port } = await start();
  const { body } = await ask(port, `/${NAME}?format=png`);
  const { port: small } = await start({ memoryCacheBytes: Math.ceil(body.length * 2.5) });
  work.decodes = 0;
  const names = [
    'tiny-tiles-of-3',
    'tiny-tiles-of-2',
    'tiny-tiles-of-3',
    'tiny-tiles-of-1',
    'tiny-tiles-of-3',
    'tiny-tiles-of-2',
  ];
  for (const name of names) await ask(small, `/${name}.lic?format=png`);
  assert.equal(work.decodes, 4, 'of-2 was dropped for of-1');
  const { port: none } = await start({ memoryCacheBytes: 0 });
  work.decodes = 0;
  for (let i = 0; i < 2; ++i) assert.equal((await ask(none, `/${NAME}?format=png`)).status, 200);
  assert.equal(work.decodes, 2);
});

test('a folder keeps pictures for the next process, within its bytes, and no parts', async () => {
  const cache = join(folder, 'cache');
  const first = await start({ diskCache: { folder: cache } });
  const { body } = await ask(first.port, `/${NAME}?format=png`);
  const [name, ...others] = readdirSync(cache);
  assert.deepEqual([others, statSync(join(cache, name)).size], [[], body.length + 32]); // the hash
  const strangers = ['notes.txt', 'other.tmp', 'a'.repeat(63)];
  for (const old of [`${randomUUID()}.tmp`, ...strangers]) {
    writeFileSync(join(cache, old), 'x');
    utimesSync(join(cache, old), 0, 0);
  }
  writeFileSync(join(cache, 'f'.repeat(64)), Buffer.alloc(body.length * 2));

  const second = await start({ diskCache: { folder: cache, maxBytes: Math.ceil(body.length * 1.5) } });
  assert.deepEqual(readdirSync(cache).sort(), [name, ...strangers].sort());
  assert.ok((await ask(second.port, `/${NAME}?format=png`)).body.equals(body));
  assert.equal(work.decodes, 1);
  await ask(second.port, '/tiny-tiles-of-2.lic?format=png');
  await until(() => !readdirSync(cache).includes(name));
  assert.equal(readdirSync(cache).length, 1 + strangers.length, 'what is not its own stays');
  const third = await start({ diskCache: { folder: cache, maxBytes: 10 } });
  assert.equal((await ask(third.port, `/${NAME}?format=png`)).status, 200);
  assert.deepEqual(readdirSync(cache).sort(), strangers.sort(), 'what is larger than the whole is not kept');

  rmSync(cache, { recursive: true });
  assert.equal(
    (await ask(second.port, '/tiny-tiles-of-1.lic?format=png')).status,
    200,
    'a folder that is gone is no failure',
  );
});

test('entries of the folder that are damaged are made anew, never sent', async () => {
  const cache = join(folder, 'damaged-cache');
  const options = { diskCache: { folder: cache }, memoryCacheBytes: 0 };
  const { port } = await start(options);
  const { body } = await ask(port, `/${NAME}?format=png`);
  const entry = join(cache, readdirSync(cache)[0]);
  const whole = readFileSync(entry);
  const flipped = Buffer.from(whole);
  flipped[flipped.length - 9] ^= 1;
  const damages = {
    half: whole.subarray(0, whole.length >> 1),
    zeros: Buffer.alloc(whole.length),
    empty: Buffer.alloc(0),
    'the hash alone': whole.subarray(0, 32),
    'one bit': flipped,
    'of an older version': body,
  };
  for (const [name, bytes] of Object.entries(damages)) {
    writeFileSync(entry, bytes);
    const other = await start(options);
    work.decodes = 0;
    assert.ok((await ask(other.port, `/${NAME}?format=png`)).body.equals(body), name);
    assert.equal(work.decodes, 1, name);
    assert.ok(readFileSync(entry).equals(whole), name);
    assert.ok((await ask(other.port, `/${NAME}?format=png`)).body.equals(body), name);
    assert.equal(work.decodes, 1, name);
  }
});

test('a full queue: 503 with Retry-After, at once; the others are served', async () => {
  const { handler, port } = await start({ concurrency: 2, maxQueue: 3, qualities: [5, 10, 15, 20, 25, 30, 35, 40] });
  const healthPort = await listen(handler.health);
  await ask(healthPort, '/');
  const open = makeGate();
  work.decodes = 0;
  let refused = 0;
  const asked = Array.from({ length: 8 }, async (_, i) => {
    const answer = await ask(port, `/${NAME}?format=jpeg&quality=${(i + 1) * 5}`);
    if (answer.status !== 503) return answer.status;
    ++refused;
    return [answer.headers['retry-after'], JSON.parse(answer.body).code];
  });
  await until(() => refused === 3);
  assert.equal(work.decodes, 2);
  const health = await ask(healthPort, '/');
  assert.equal(health.status, 503);
  assert.deepEqual(JSON.parse(health.body), {
    status: 'unavailable',
    decoder: 'ok',
    running: 2,
    queued: 3,
    cacheBytes: 0,
  });
  open();
  const answers = await Promise.all(asked);
  assert.equal(answers.filter((answer) => answer === 200).length, 5);
  assert.deepEqual(
    answers.filter((answer) => answer !== 200),
    Array(3).fill(['2', 'overloaded']),
  );
  assert.equal((await ask(healthPort, '/')).status, 200);
});

test('too long: 503, and the decoder stops', async () => {
  const told = [];
  let reason;
  const watched = {
    decode: (source, options) => decode(source, options).catch((error) => ((reason = error), Promise.reject(error))),
  };
  const slow = await start({ timeoutMs: 200, decoder: watched, onError: (error) => told.push(error.name) });
  const answer = await ask(slow.port, '/large.lic?format=png');
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [503, 'timeout']);
  await until(() => reason?.name === 'TimeoutError');

  // Waiting for a place counts, and nobody waits for work that does not heed its signal.
  const { port } = await start({ timeoutMs: 200, concurrency: 1, onError: (error) => told.push(error.name) });
  const open = makeGate();
  const answers = await Promise.all(['jpeg', 'webp'].map((format) => ask(port, `/${NAME}?format=${format}`)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503],
  );
  assert.deepEqual(told, ['TimeoutError', 'TimeoutError', 'TimeoutError']);
  open();
});

test('a client that leaves stops the decoder, unless others wait for the same', async () => {
  const { port } = await start();
  const leaving = new AbortController();
  const alone = ask(port, '/large.lic?format=png&width=160', { signal: leaving.signal });
  await until(() => work.decodes === 1);
  leaving.abort();
  await assert.rejects(alone, { name: 'AbortError' });
  await until(() => work.aborted === 1);

  const first = new AbortController();
  const one = ask(port, `/${NAME}?format=webp`, { signal: first.signal });
  const open = makeGate();
  const other = ask(port, `/${NAME}?format=webp`);
  await until(() => work.decodes === 2);
  first.abort();
  await assert.rejects(one, { name: 'AbortError' });
  open();
  assert.equal((await other).status, 200);
  assert.deepEqual([work.decodes, work.aborted], [2, 1]);
});

test('by default it decodes in threads of its own, which end with it', async () => {
  const handler = await createLicHandler({ source: (path) => readRoot(`samples/${path}`) });
  const port = await listen(handler);
  const before = performance.eventLoopUtilization();
  const { status } = await ask(port, '/deep-field.lic?format=jpeg');
  const { utilization } = performance.eventLoopUtilization(before);
  assert.equal(status, 200);
  assert.ok(utilization < 0.5, `its own thread was busy for ${utilization} of the time`);
  await handler.close();
});

test('converting colours and writing PNG leave the thread free, and stop when nobody waits', async () => {
  const size = { width: 4000, height: 2000 };
  const wide = {
    decode: async () => (
      ++work.decodes,
      { ...size, data: new Uint8ClampedArray(4000 * 2000 * 4).fill(200), colorSpace: 'display-p3' }
    ),
  };
  const { port } = await start({ decoder: wide, sharp: false, memoryCacheBytes: 0 });
  const leaving = new AbortController();
  const left = ask(port, `/${NAME}?format=png`, { signal: leaving.signal });
  await until(() => work.decodes === 1);
  leaving.abort();
  await assert.rejects(left, { name: 'AbortError' });
  let [longest, last] = [0, performance.now()];
  const measure = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    turning = setImmediate(measure);
  };
  const began = last;
  let turning = setImmediate(measure);
  const { body } = await ask(port, `/${NAME}?format=png`);
  clearImmediate(turning);
  const whole = performance.now() - began;
  assert.ok(longest < whole / 4, `${longest} of ${whole} ms at a stretch`);
  const { data, info: facts } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([facts.width, facts.height, facts.channels], [4000, 2000, 3]);
  assert.ok(data.every((value) => value === data[0]));
});

// lic-codec/server under load: caches, queue, time limit, clients that leave, metrics, health, strange requests.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { after, before, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Registry, register } from 'prom-client';
import sharp from 'sharp';

import { configure, decode, info } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { IMG, ask, listen } from './http.js';
import { readRoot, readVector } from '../support/vectors.js';

const NAME = 'tiny-tiles-of-3.lic';
const LARGE = readRoot('tests/web/support/large.lic'); // 8000 wide: some seconds

let folder;
/** What the decoder was asked to do; `gate` holds it back. */
let work;

before(async () => {
  const idOf = async (file) => (await info(file)).modelId;
  configure({
    models: {
      [await idOf(readVector(NAME))]: readRoot('tests/models/tiny.dec.licm'),
      [await idOf(LARGE)]: readRoot('tests/models/least.dec.licm'),
    },
  });
  folder = mkdtempSync(join(tmpdir(), 'lic-load-'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => (work = { decodes: 0, aborted: 0, gate: Promise.resolve() }));

/** The real decoder, counted and held back. */
const decoder = {
  async decode(source, options) {
    ++work.decodes;
    await work.gate;
    return decode(source, options).catch((error) => {
      if (error.name === 'AbortError') ++work.aborted;
      throw error;
    });
  },
};

async function start(options) {
  const source = (path) => (path === 'large.lic' ? LARGE : readVector(path));
  const handler = await createLicHandler({ source, decoder, ...options });
  return { handler, port: await listen(handler) };
}

const until = async (condition) => {
  for (let tries = 0; !(await condition()); ++tries) {
    assert.ok(tries < 500, `never: ${condition}`);
    await sleep(10);
  }
};

function makeGate() {
  let open;
  work.gate = new Promise((resolve) => (open = resolve));
  return open;
}

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
  assert.deepEqual([others, statSync(join(cache, name)).size], [[], body.length]);
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

test('a source that gives up is answered as well', async () => {
  const { port } = await start({ source: () => Promise.reject(new DOMException('too slow', 'AbortError')) });
  assert.equal((await ask(port, '/a.lic')).status, 500);
});

test('metrics: what was answered, decoded, found, how long', async () => {
  const registry = new Registry();
  const { port } = await start({ metrics: { register: registry } });
  await start({ metrics: { register: registry } });
  for (const path of [
    `/${NAME}`,
    `/${NAME}?format=webp`,
    `/${NAME}?format=webp`,
    '/bad/not_lic-png.lic?format=webp',
    `/${NAME}?format=x`,
  ])
    await ask(port, path);
  const value = async (name, labels = {}) => {
    const { values } = await registry.getSingleMetric(name).get();
    return values.find(
      (one) => Object.entries(labels).every(([key, label]) => one.labels[key] === label) && !('le' in one.labels),
    )?.value;
  };
  assert.equal(await value('lic_requests_total', { format: 'lic', status: 200 }), 1);
  assert.equal(await value('lic_requests_total', { format: 'webp', status: 200 }), 2);
  assert.equal(await value('lic_requests_total', { format: 'problem', status: 422 }), 1);
  assert.equal(await value('lic_requests_total', { format: 'problem', status: 400 }), 1);
  assert.equal(await value('lic_sent_bytes_total', { format: 'lic' }), readVector(NAME).length);
  assert.equal(await value('lic_cache_lookups_total', { result: 'miss' }), 1);
  assert.equal(await value('lic_cache_lookups_total', { result: 'memory' }), 1);
  assert.ok((await value('lic_decode_seconds')) > 0);
  assert.ok((await value('lic_encode_seconds', { format: 'webp' })) > 0);
  assert.ok((await value('lic_cache_bytes')) > 100);
  assert.deepEqual([await value('lic_queue_length'), await value('lic_jobs_running')], [0, 0]);
  assert.match(await registry.metrics(), /^lic_decode_seconds_bucket\{le="0\.1"\} 1$/m);
  await start({ metrics: true });
  assert.ok(register.getSingleMetric('lic_requests_total'), 'true: the default registry');
});

test('health: a picture is decoded, once; a decoder that fails is noticed, and its recovery', async () => {
  const own = await start();
  const port = await listen(own.handler.health);
  for (let i = 0; i < 2; ++i) {
    const { status, headers, body } = await ask(port, '/');
    assert.deepEqual([status, headers['cache-control'], JSON.parse(body).decoder], [200, 'no-store', 'ok']);
  }
  assert.equal(work.decodes, 1);
  let failure = new Error('no memory');
  const failing = { decode: (...args) => (failure ? Promise.reject(failure) : decode(...args)) };
  const wrong = { decode: async (...args) => ({ ...(await decode(...args)), data: new Uint8ClampedArray(4) }) };
  const told = [];
  const ill = await start({ decoder: failing, onError: (error) => told.push(error) });
  const illPort = await listen(ill.handler.health);
  assert.equal((await ask(illPort, '/')).status, 503);
  assert.deepEqual(told, [failure]);
  failure = null;
  assert.equal((await ask(illPort, '/')).status, 200);
  assert.equal((await ask(await listen((await start({ decoder: wrong })).handler.health), '/')).status, 503);
  assert.equal(
    (await ask(await listen((await start({ decoder: wrong, sample: readVector(NAME) })).handler.health), '/')).status,
    200,
  );
  await own.handler.close();
  assert.equal((await ask(port, '/')).status, 503);
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

test('close: what is being made is ended, later requests are refused', async () => {
  const { handler, port } = await start();
  const running = ask(port, '/large.lic?format=png');
  await until(() => work.decodes === 1);
  await handler.close();
  for (const answer of [await running, await ask(port, `/${NAME}`)])
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [503, 'closing']);
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

/** A raw request, and all that comes back until the server closes or a moment passes. */
function askRaw(port, text) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    const done = () => (socket.destroy(), resolve(answer));
    socket
      .on('data', (data) => (answer += data.toString('latin1')))
      .on('close', done)
      .on('error', done);
    socket.setTimeout(2000, done);
  });
}

test('strange requests, a thousand of them: never a 500, never a crash', async () => {
  const told = [];
  const { port } = await start({
    onError: (error) => told.push(error),
    maxQueue: 1000,
    source: (path) => (path === NAME ? readVector(path) : null),
  });
  const pick = (list) => list[randomInt(list.length)];
  const noise = () => String.fromCharCode(...Array.from({ length: randomInt(40) }, () => 33 + randomInt(94)));
  const paths = [
    `/${NAME}`,
    `/${NAME}`,
    '/..%2f..%2fetc%2fpasswd.lic',
    '/%00.lic',
    '//..//.lic',
    '/.lic',
    '/a.lic',
    '*',
    '/',
  ];
  const names = ['format', 'width', 'quality', '__proto__', 'constructor', '', '%'];
  const values = [
    'webp',
    'lic',
    'png',
    '0',
    '1',
    '160',
    '-1',
    '1e9',
    '9'.repeat(400),
    '%',
    '%00',
    '\u00ff',
    '__proto__',
    'NaN',
    '',
  ];
  const headers = {
    Accept: [
      '*/*',
      'image/*',
      'image/avif;q=x',
      ';;,,',
      'image/webp;q=-1',
      'q=1',
      `${'a/b,'.repeat(500)}`,
      'image/webp;q=0.5;level=1',
      'image/webp;q=Infinity',
    ],
    'Sec-Fetch-Dest': ['image', 'empty', '', 'image, empty', '\u00e4'],
    Range: [
      'bytes=0-',
      'bytes=-0',
      'bytes=-1',
      'bytes=1-0',
      `bytes=${'0-0,'.repeat(500)}0-0`,
      'bytes=99999999999999999999-',
      'bytes=--1',
      '=',
      'bytes=0x1-2',
    ],
    'If-Range': ['"a"', 'W/"a"', 'x', 'Thu, 99 Foo 9999 00:00:00 GMT'],
    'If-None-Match': ['*', '"', 'W/', ',,,', '"a"'.repeat(500)],
    'If-Modified-Since': ['x', '0', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  };
  const statuses = new Map();
  for (let i = 0; i < 1000; ++i) {
    const query = Array.from({ length: randomInt(4) }, () =>
      `${pick(names)}=${pick([...values, noise()])}`.replace(/[\s#]/g, ''),
    );
    const chosen = Object.keys(headers).filter(() => randomInt(3) === 0);
    const lines = chosen.map((name) => `${name}: ${pick([...headers[name], noise()])}\r\n`);
    const request = `${pick(['GET', 'GET', 'HEAD', 'PUT'])} ${pick(paths)}${query.length ? `?${query.join('&')}` : ''} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('')}\r\n`;
    const answer = await askRaw(port, Buffer.from(request, 'latin1'));
    const status = Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
    assert.ok([200, 206, 304, 400, 404, 405, 406, 416, 431].includes(status), `${status} for ${request}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  for (const status of [200, 304, 400, 404, 405]) assert.ok(statuses.has(status), `no request was answered ${status}`);
  assert.deepEqual(told, []);
  assert.equal((await ask(port, `/${NAME}`, { headers: IMG })).status, 200);
});

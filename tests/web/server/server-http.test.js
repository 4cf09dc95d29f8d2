// lic-codec/server in the words of HTTP: conditions, caching, methods, ranges, paths, errors.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { listBad, readVector } from '../support/vectors.js';
import { DATE, OPAQUE, folder, problem, start } from './folder.js';
import { FETCH, IMG, ask } from './http.js';

test('what depends on the request says so, what names its format does not', async () => {
  const { port } = await start();
  for (const headers of [FETCH, IMG])
    assert.equal((await ask(port, `/${OPAQUE}`, { headers })).headers.vary, 'Accept, Sec-Fetch-Dest');
  for (const format of ['lic', 'webp'])
    assert.equal((await ask(port, `/${OPAQUE}?format=${format}`)).headers.vary, undefined);
});

test('unchanged: 304 by ETag, else by date; for a made picture without making it', async () => {
  const { port, handler } = await start();
  const first = await ask(port, `/${OPAQUE}`);
  assert.match(first.headers.etag, /^"[\w-]+"$/);
  assert.equal(first.headers['last-modified'], DATE.toUTCString());
  assert.equal(first.headers['cache-control'], 'public, max-age=3600');
  const status = async (headers, query = '') => {
    const answer = await ask(port, `/${OPAQUE}${query}`, { headers });
    if (answer.status === 304) assert.deepEqual([answer.body.length, answer.headers['content-type']], [0, undefined]);
    return answer.status;
  };
  assert.equal(await status({ 'if-none-match': first.headers.etag }), 304);
  assert.equal(await status({ 'if-none-match': `"x", W/${first.headers.etag}` }), 304);
  assert.equal(await status({ 'if-none-match': '*' }), 304);
  assert.equal(await status({ 'if-none-match': '"x"' }), 200);
  assert.equal(await status({ 'if-none-match': '"x"', 'if-modified-since': DATE.toUTCString() }), 200);
  assert.equal(await status({ 'if-modified-since': DATE.toUTCString() }), 304);
  assert.equal(await status({ 'if-modified-since': 'Sat, 01 Jan 2022 00:00:00 GMT' }), 200);
  assert.equal(await status({ 'if-modified-since': 'nonsense' }), 200);

  const made = await ask(port, `/${OPAQUE}?format=webp`);
  const other = await ask(port, `/${OPAQUE}?format=webp&quality=50`);
  assert.match(made.headers.etag, /^W\/"[\w-]+"$/);
  assert.notEqual(made.headers.etag, other.headers.etag);
  const tags = [{ decoderTag: '1' }, { decoderTag: '2' }].map(
    async (options) => (await ask((await start(options)).port, `/${OPAQUE}?format=webp`)).headers.etag,
  );
  assert.equal(new Set([made.headers.etag, ...(await Promise.all(tags))]).size, 3, 'another decoder, another name');
  await handler.close();
  const { port: next } = await start({ decoder: { decode: () => assert.fail('decoded') } });
  const again = await ask(next, `/${OPAQUE}?format=webp`, { headers: { 'if-none-match': made.headers.etag } });
  assert.equal(again.status, 304);
});

test('immutable, max-age, further headers', async () => {
  const headers = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
  const { port } = await start({ immutable: true, headers });
  const answer = await ask(port, `/${OPAQUE}?format=webp`);
  assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(answer.headers['access-control-allow-origin'], '*');
  assert.equal((await ask(port, '/none.lic')).headers['cross-origin-resource-policy'], 'cross-origin');
  const { port: brief } = await start({ maxAge: 5 });
  assert.equal((await ask(brief, `/${OPAQUE}`)).headers['cache-control'], 'public, max-age=5');
});

test('HEAD: the headers of GET; other methods: 405', async () => {
  const { port } = await start();
  for (const query of ['', '?format=webp']) {
    const get = await ask(port, `/${OPAQUE}${query}`);
    const head = await ask(port, `/${OPAQUE}${query}`, { method: 'HEAD' });
    assert.equal(head.body.length, 0);
    for (const { headers } of [get, head]) delete headers.date;
    assert.deepEqual(head.headers, get.headers);
  }
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    const answer = await ask(port, `/${OPAQUE}`, { method });
    assert.equal(answer.headers.allow, 'GET, HEAD');
    assert.deepEqual(problem(answer), [405, 'bad_method']);
  }
});

test('ranges of the file', async () => {
  const file = readVector(OPAQUE);
  const size = file.length;
  const { port } = await start();
  const { headers: whole } = await ask(port, `/${OPAQUE}`);
  assert.equal(whole['accept-ranges'], 'bytes');
  const part = (range, headers = {}) => ask(port, `/${OPAQUE}`, { headers: { range, ...headers } });
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=40-', 40, size],
    ['bytes=-10', size - 10, size],
    [`bytes=5-${size * 2}`, 5, size],
    ['bytes=0-9,10-19', 0, 20],
  ]) {
    const answer = await part(range);
    assert.deepEqual(
      [answer.status, answer.headers['content-range']],
      [206, `bytes ${start}-${end - 1}/${size}`],
      range,
    );
    assert.ok(answer.body.equals(file.subarray(start, end)), range);
  }
  const outside = await part(`bytes=${size}-`);
  assert.equal(outside.headers['content-range'], `bytes */${size}`);
  assert.deepEqual(problem(outside), [416, 'bad_range']);
  for (const range of ['bytes=9-2', 'lines=1-2', 'bytes=a-b', 'bytes', 'bytes=0-1,50-60']) {
    const answer = await part(range);
    assert.deepEqual(
      [answer.status, answer.body.length],
      range === 'bytes=9-2' ? [416, answer.body.length] : [200, size],
      range,
    );
  }
  const conditions = [
    [whole.etag, 206],
    [whole['last-modified'], 206],
    ['"other"', 200],
    [`W/${whole.etag}`, 200],
    ['Sat, 01 Jan 2022 00:00:00 GMT', 200],
  ];
  for (const [condition, status] of conditions)
    assert.equal((await part('bytes=0-0', { 'if-range': condition })).status, status, condition);
  assert.equal((await ask(port, `/${OPAQUE}`, { method: 'HEAD', headers: { range: 'bytes=0-0' } })).status, 200);
  const made = await ask(port, `/${OPAQUE}?format=webp`, { headers: { range: 'bytes=0-0' } });
  assert.deepEqual([made.status, made.headers['accept-ranges']], [200, undefined]);
});

test('paths: what lies in the folder and ends in .lic, and nothing else', async () => {
  writeFileSync(join(folder, '../lic-outside.lic'), 'secret');
  symlinkSync(join(folder, '../lic-outside.lic'), join(folder, 'out.lic'));
  symlinkSync(tmpdir(), join(folder, 'up'));
  symlinkSync(join(folder, OPAQUE), join(folder, 'inside.lic'));
  mkdirSync(join(folder, 'folder.lic'));
  const { port } = await start();
  for (const path of ['/below/deep%20%C3%B6/a%20b.lic', '/inside.lic', `/%74iny-tiles-of-3.lic`]) {
    assert.equal((await ask(port, path)).status, 200, path);
  }
  const refused = [
    '/',
    '/none.lic',
    '/page.html',
    '/.hidden.lic',
    '/folder.lic',
    '/out.lic',
    '/up/lic-outside.lic',
    '/../lic-outside.lic',
    '/below/../../lic-outside.lic',
    '/%2e%2e/lic-outside.lic',
    '/..%2flic-outside.lic',
    '/..%5clic-outside.lic',
    '/below/..%2F..%2flic-outside.lic',
    '/./tiny-tiles-of-3.lic',
    '//tiny-tiles-of-3.lic',
    '/below//x.lic',
    '/tiny-tiles-of-3.lic/',
    '/tiny-tiles-of-3.lic/x.lic',
    '/tiny-tiles-of-3.lic%00.lic',
    '/tiny-tiles-of-3.lic%0a',
    '/tiny-tiles-of-3.LIC',
    `/${'a'.repeat(300)}.lic`,
    `/${'a/'.repeat(1000)}b.lic`,
    `/${'x'.repeat(6000)}.lic`,
    '*',
    'http://example.org/tiny-tiles-of-3.lic',
  ];
  for (const path of refused) assert.deepEqual(problem(await ask(port, path)), [404, 'not_found'], path);
  for (const path of ['/%.lic', '/%ff.lic', '/%c0%ae%c0%ae/lic-outside.lic'])
    assert.deepEqual(problem(await ask(port, path)), [400, 'bad_path'], path);
  const { port: follows } = await start({ followSymlinks: true });
  assert.equal((await ask(follows, '/out.lic')).body.toString(), 'secret');
  rmSync(join(folder, '../lic-outside.lic'));
});

test('errors: the status and code of docs/serving.md for each', async () => {
  // Models are found by their id here, so none is taken that would not fit.
  const codeHere = (code) => (code === 'model_mismatch' ? 'unknown_model' : code);
  const files = new Map(
    listBad('.lic').map(({ name, code }) => [
      name.replaceAll('/', '-'),
      { bytes: readVector(name), code: codeHere(code) },
    ]),
  );
  const told = [];
  const { port } = await start({
    source: (path) => files.get(path)?.bytes ?? null,
    onError: (error) => told.push(error),
  });
  const statuses = { unsupported_version: 501, unknown_model: 501 };
  assert.ok(files.size > 50);
  for (const [name, { code }] of files) {
    assert.deepEqual(problem(await ask(port, `/${name}?format=webp`)), [statuses[code] ?? 422, code], name);
  }
  assert.ok(told.every((error) => error.code in statuses));
  const { port: strict } = await start({ maxPixels: 59_999 });
  assert.deepEqual(problem(await ask(strict, `/${OPAQUE}?format=webp`)), [422, 'limit_exceeded']);
  assert.equal((await ask(strict, `/${OPAQUE}`)).status, 200);
  const { port: small } = await start({ maxFileBytes: 100 });
  assert.deepEqual(problem(await ask(small, `/${OPAQUE}?format=webp`)), [422, 'limit_exceeded']);
  const failure = new Error(`/secret/place of ${folder}`);
  const { port: broken } = await start({ source: () => Promise.reject(failure), onError: (error) => told.push(error) });
  assert.deepEqual(problem(await ask(broken, '/a.lic')), [500, 'internal']);
  assert.equal(told.at(-1), failure);
});

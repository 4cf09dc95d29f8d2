// lic-codec/server: who gets what, in which words of HTTP.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import express from 'express';
import fastify from 'fastify';
import sharp from 'sharp';

import { configure, createDecoder, decode, info } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { FETCH, IMG, ask, listen } from './http.js';
import { largestDifference, listBad, readRoot, readVector, rootPath } from '../support/vectors.js';

const OPAQUE = 'tiny-tiles-of-3.lic'; // 300 x 200
const ALPHA = 'tiny-alpha-disc.lic';
const GREY = 'tiny-grey.lic';
const DATE = new Date('2024-05-06T07:08:09Z');

let folder;
let decoder;

before(async () => {
  const models = { [(await info(readVector(OPAQUE))).modelId]: readRoot('tests/models/tiny.dec.licm') };
  configure({ models });
  decoder = createDecoder({ models, workers: 2 });
  folder = mkdtempSync(join(tmpdir(), 'lic-server-'));
  mkdirSync(join(folder, 'below/deep ö'), { recursive: true });
  for (const name of [OPAQUE, ALPHA, GREY]) cpSync(rootPath(`tests/vectors/${name}`), join(folder, name));
  cpSync(rootPath(`tests/vectors/${OPAQUE}`), join(folder, 'below/deep ö/a b.lic'));
  utimesSync(join(folder, OPAQUE), DATE, DATE);
  writeFileSync(join(folder, '.hidden.lic'), 'x');
  writeFileSync(join(folder, 'page.html'), '<p>');
});

after(() => {
  decoder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Serves a handler alone. */
async function start(options) {
  const handler = await createLicHandler({ source: folder, decoder, ...options });
  return { handler, port: await listen(handler) };
}

const problem = ({ status, headers, body }) => {
  assert.equal(headers['content-type'], 'application/problem+json');
  assert.equal(headers['cache-control'], 'no-store');
  const { code, status: inBody, title, detail } = JSON.parse(body);
  assert.equal(inBody, status);
  assert.ok(title && detail);
  assert.doesNotMatch(String(body), new RegExp(`${folder}|node_modules|\\bat .*:\\d+`));
  return [status, code];
};

test('scripts get the file, pictures in pages a format that the browser names', async () => {
  const { port } = await start();
  const type = async (headers, query = '', name = OPAQUE) => {
    const answer = await ask(port, `/${name}${query}`, { headers });
    assert.equal(answer.status, 200, JSON.stringify([headers, query, String(answer.body.subarray(0, 200))]));
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(Number(answer.headers['content-length']), answer.body.length);
    const { format } =
      answer.headers['content-type'] === 'image/x-lic' ? { format: 'lic' } : await sharp(answer.body).metadata();
    return [answer.headers['content-type'], format];
  };
  const LIC = ['image/x-lic', 'lic'];
  const AVIF = ['image/avif', 'heif'];
  const WEBP = ['image/webp', 'webp'];
  const JPEG = ['image/jpeg', 'jpeg'];
  const PNG = ['image/png', 'png'];
  assert.deepEqual(await type(FETCH), LIC);
  assert.deepEqual(await type({}), LIC);
  assert.deepEqual(await type({ accept: '*/*' }), LIC);
  assert.deepEqual(await type({ ...IMG, accept: `image/x-lic,${IMG.accept}` }), LIC);
  assert.deepEqual(await type({ accept: 'image/webp,image/X-LIC;q=0.1' }), LIC);
  assert.deepEqual(await type(IMG), AVIF);
  assert.deepEqual(await type({ accept: IMG.accept }), AVIF);
  assert.deepEqual(await type({ ...IMG, accept: 'image/webp,image/avif;q=0.9,*/*;q=0.1' }), WEBP);
  assert.deepEqual(await type({ ...IMG, accept: 'image/avif;q=0,image/webp;q=0,image/*' }), JPEG);
  assert.deepEqual(await type({ ...IMG, accept: '*/*' }), JPEG);
  assert.deepEqual(await type({ ...IMG, accept: '*/*' }, '', ALPHA), PNG);
  assert.deepEqual(await type({ ...IMG, accept: 'image/webp,*/*' }, '', ALPHA), WEBP);
  assert.deepEqual(await type({ 'sec-fetch-dest': 'document', accept: `text/html,${IMG.accept}` }), AVIF);
  for (const [format, expected] of Object.entries({
    lic: LIC,
    avif: AVIF,
    webp: WEBP,
    jpeg: JPEG,
    jpg: JPEG,
    png: PNG,
  })) {
    assert.deepEqual(await type(IMG, `?format=${format}`), expected);
    assert.deepEqual(await type(FETCH, `?v=3&format=${format}`), expected);
  }
  assert.deepEqual(problem(await ask(port, `/${OPAQUE}`, { headers: { ...IMG, accept: 'text/html' } })), [
    406,
    'not_acceptable',
  ]);
});

test('the pixels are those of decode(): colours, alpha, grey', async () => {
  const { port } = await start();
  for (const name of [OPAQUE, ALPHA, GREY]) {
    const { body } = await ask(port, `/${name}?format=png`);
    const { data, info: facts } = await sharp(body)
      .ensureAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const expected = await decode(readVector(name));
    assert.deepEqual([facts.width, facts.height], [expected.width, expected.height]);
    assert.equal(largestDifference(data, expected.data), 0, name);
    const { hasAlpha, isGrey } = await info(readVector(name));
    const { channels } = await sharp(body).metadata();
    assert.equal(channels, (isGrey ? 1 : 3) + Number(hasAlpha), name);
  }
  const onWhite = await sharp((await ask(port, `/${ALPHA}?format=jpeg`)).body)
    .raw()
    .toBuffer();
  assert.ok(onWhite[0] > 250 && onWhite[2] > 250, 'what is transparent is white in a JPEG');
});

test('Display P3: colours as sRGB has them', async () => {
  const colours = Uint8ClampedArray.from({ length: 300 * 200 * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : 40 + (((i * 2654435761) >>> 8) % 170),
  );
  const wide = sharp(colours, { raw: { width: 300, height: 200, channels: 4 } }).withIccProfile('p3');
  const { data } = await sharp(await wide.png().toBuffer())
    .keepIccProfile()
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (const colorSpace of ['display-p3', 'srgb']) {
    const coloured = {
      decode: async (...args) => ({ ...(await decode(...args)), data: new Uint8ClampedArray(data), colorSpace }),
    };
    const { port } = await start({ decoder: coloured });
    const { body } = await ask(port, `/${OPAQUE}?format=png`);
    const difference = largestDifference(await sharp(body).ensureAlpha().raw().toBuffer(), colours);
    assert.ok(colorSpace === 'srgb' ? difference > 10 : difference <= 4, `${colorSpace}: ${difference}`);
  }
});

test('width and quality', async () => {
  const { port } = await start({ widths: [200, 100], qualities: [60, 20], source: (path) => readVector(path) });
  const size = async (query) => {
    const { body, status } = await ask(port, `/${OPAQUE}?${query}`, { headers: IMG });
    assert.equal(status, 200, String(body));
    const { width, height } = await sharp(body).metadata();
    return [width, height];
  };
  assert.deepEqual(await size('width=90'), [100, 67]);
  assert.deepEqual(await size('width=100'), [100, 67]);
  assert.deepEqual(await size('width=101&format=webp'), [200, 133]);
  assert.deepEqual(await size('width=250'), [300, 200], 'above the widths: its own');
  assert.deepEqual(await size('width=65535'), [300, 200], 'never enlarged');
  const bytes = async (query) => (await ask(port, `/${OPAQUE}?format=jpeg&${query}`)).body.length;
  assert.ok((await bytes('quality=20')) < (await bytes('quality=60')));
  assert.equal(await bytes('quality=58'), await bytes('quality=60'), 'the next of the qualities');
  assert.equal(await bytes('quality=99'), await bytes('quality=60'), 'or the best');
  const { port: fixed } = await start({ qualities: [] });
  for (const query of ['quality=60', 'format=png&quality=60'])
    assert.deepEqual(problem(await ask(fixed, `/${OPAQUE}?${query}`)), [400, 'bad_query']);
  assert.equal((await ask(fixed, `/${OPAQUE}?format=jpeg`)).status, 200);
  for (const query of [
    'width=0',
    'width=-1',
    'width=1e3',
    'width=99999',
    'width=',
    'quality=101',
    'quality=x',
    'format=gif',
    'format=lic&width=100',
    'format=__proto__',
  ]) {
    assert.deepEqual(problem(await ask(port, `/${OPAQUE}?${query}`)), [400, 'bad_query'], query);
  }
  assert.equal(
    (await ask(port, `/${OPAQUE}?width=100`, { headers: FETCH })).headers['content-type'],
    'image/jpeg',
    'a file is not scaled',
  );
});

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

test('without sharp: PNG, and 501 for what it would take', async () => {
  const { port } = await start({ sharp: false });
  for (const name of [OPAQUE, ALPHA]) {
    const { status, headers, body } = await ask(port, `/${name}`, { headers: IMG });
    assert.deepEqual([status, headers['content-type']], [200, 'image/png']);
    const pixels = await sharp(body).ensureAlpha().raw().toBuffer();
    assert.equal(largestDifference(pixels, (await decode(readVector(name))).data), 0);
  }
  for (const query of ['format=webp', 'format=png&width=160', 'width=160']) {
    assert.deepEqual(
      problem(await ask(port, `/${OPAQUE}?${query}`, { headers: IMG })),
      [501, 'format_unavailable'],
      query,
    );
  }
});

test('in Express: below a path, with the application around it', async () => {
  const handler = await createLicHandler({ source: folder, decoder });
  const application = express();
  application.use((_, response, next) => (response.setHeader('Vary', 'Origin'), next()));
  application.use('/photos', handler);
  application.get('/health', handler.health);
  application.use((_, response) => response.status(404).send('of the application'));
  const port = await listen(application);
  assert.ok((await ask(port, `/photos/${OPAQUE}`)).body.equals(readVector(OPAQUE)));
  assert.equal((await ask(port, `/photos/${OPAQUE}?format=webp`)).headers['content-type'], 'image/webp');
  assert.equal((await ask(port, '/health')).status, 200);
  assert.equal((await ask(port, `/photos/${OPAQUE}`)).headers.vary, 'Origin, Accept, Sec-Fetch-Dest');
  for (const path of ['/photos/none.lic', '/photos/page.html', `/${OPAQUE}`])
    assert.equal(String((await ask(port, path)).body), 'of the application', path);
  assert.equal((await ask(port, `/photos/${OPAQUE}`, { method: 'POST' })).status, 404);
});

test('in Fastify: by the raw request and reply', async () => {
  const handler = await createLicHandler({ source: folder, decoder, prefix: '/photos' });
  const application = fastify();
  application.get('/photos/*', (request, reply) => {
    reply.hijack();
    handler(request.raw, reply.raw);
  });
  await application.listen({ port: 0, host: '127.0.0.1' });
  after(() => application.close());
  const { port } = application.server.address();
  assert.ok((await ask(port, `/photos/${OPAQUE}`, { headers: FETCH })).body.equals(readVector(OPAQUE)));
  assert.equal((await ask(port, `/photos/${OPAQUE}`, { headers: IMG })).headers['content-type'], 'image/avif');
  assert.deepEqual(problem(await ask(port, '/photos/none.lic')), [404, 'not_found']);
});

test('wrong options are TypeErrors, what is missing is named', async () => {
  const wrong = [
    null,
    {},
    { source: 5 },
    { source: folder, formats: [] },
    { source: folder, formats: ['gif'] },
    { source: folder, widths: [] },
    { source: folder, widths: [0.5] },
    { source: folder, qualities: [0] },
    { source: folder, qualities: [101] },
    { source: folder, decoderTag: 2 },
    { source: folder, prefix: 'photos' },
    { source: folder, prefix: '/photos/' },
    { source: folder, maxPixels: 0 },
    { source: folder, concurrency: 0 },
    { source: folder, maxQueue: -1 },
    { source: folder, timeoutMs: NaN },
    { source: folder, diskCache: {} },
    { source: join(folder, 'page.html') },
  ];
  for (const options of wrong) await assert.rejects(createLicHandler(options), TypeError, JSON.stringify(options));
  await assert.rejects(createLicHandler({ source: join(folder, 'none') }), { code: 'ENOENT' });
});

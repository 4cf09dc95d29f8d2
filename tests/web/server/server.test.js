// lic-codec/server: who gets which format, with which pixels; in which servers it runs, and which options it takes.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';

import express from 'express';
import fastify from 'fastify';
import sharp from 'sharp';

import { decode, info } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { makeHeader } from '../support/lic-file.js';
import { largestDifference, readVector } from '../support/vectors.js';
import { ALPHA, GREY, OPAQUE, decoder, folder, problem, start } from './folder.js';
import { FETCH, IMG, ask, listen } from './http.js';

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
  assert.deepEqual(await type(IMG, '', ALPHA), WEBP, 'whose alpha is that of the picture');
  assert.deepEqual(await type({ ...IMG, accept: 'image/avif,image/webp;q=0.9' }, '', ALPHA), AVIF);
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
  const { data: shown } = await decode(readVector(ALPHA));
  const webp = await ask(port, `/${ALPHA}?format=webp`);
  const alpha = await sharp(webp.body).extractChannel('alpha').raw().toBuffer();
  assert.deepEqual([...alpha], [...shown.filter((_, i) => i % 4 === 3)], 'WebP keeps alpha as it is');
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

test('a format is chosen that has pictures of this size, after scaling; one that has none is 501', async () => {
  const sizes = {
    'avif-only.lic': { width: 16_384, height: 2 },
    'neither.lic': { width: 2, height: 16_385 },
    'png-only.lic': { width: 65_501, height: 2 },
  };
  const made = { maxFileBytes: 64, widths: [8_000] };
  const blank = async (file) => {
    const { width, height } = await info(file);
    return { width, height, data: new Uint8ClampedArray(width * height * 4).fill(255), colorSpace: 'srgb' };
  };
  const { port } = await start({ ...made, source: (path) => makeHeader(sizes[path]), decoder: { decode: blank } });
  const type = async (target) => {
    const { status, headers, body } = await ask(port, `/${target}`, { headers: IMG });
    if (status !== 200) return problem({ status, headers, body });
    const { format, width, height } = await sharp(body, { limitInputPixels: false }).metadata();
    return [format, width, height];
  };
  assert.deepEqual(await type('avif-only.lic'), ['heif', 16_384, 2]);
  assert.deepEqual(await type('avif-only.lic?format=webp'), [501, 'format_unavailable']);
  assert.deepEqual(await type('neither.lic'), ['jpeg', 2, 16_385]);
  assert.deepEqual(await type('neither.lic?format=avif'), [501, 'format_unavailable']);
  assert.deepEqual(await type('png-only.lic'), ['png', 65_501, 2]);
  assert.deepEqual(await type('png-only.lic?format=jpeg'), [501, 'format_unavailable']);
  assert.deepEqual(await type('png-only.lic?width=8000'), ['heif', 8_000, 1]);
  const refused = await ask(port, '/png-only.lic?format=jpeg');
  assert.match(JSON.parse(refused.body).detail, /^image\/jpeg has at most 65500 pixels a side, .* 65501 x 2$/);
  const tall = await ask(port, '/neither.lic', { headers: { ...IMG, accept: 'image/avif' } });
  assert.deepEqual(problem(tall), [406, 'not_acceptable']);
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

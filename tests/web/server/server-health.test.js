// lic-codec/server as its operators see it: metrics, health, the end.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Registry, register } from 'prom-client';

import { decode } from 'lic-codec';

import { readVector } from '../support/vectors.js';
import { ask, listen } from './http.js';
import { NAME, start, until, work } from './load.js';

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
  assert.match(await registry.metrics(), /^lic_decode_seconds_bucket\{le="30"\} 1$/m);
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

test('close: what is being made is ended, later requests are refused', async () => {
  const { handler, port } = await start();
  const running = ask(port, '/large.lic?format=png');
  await until(() => work.decodes === 1);
  await handler.close();
  for (const answer of [await running, await ask(port, `/${NAME}`)])
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [503, 'closing']);
});

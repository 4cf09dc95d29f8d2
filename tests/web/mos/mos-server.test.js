// The endpoint of subjective tests: what it takes, what it refuses, and that nothing which it took is lost.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { Database } from '../../../web/mos/database.js';
import { serveStudy } from '../../../web/mos/server.js';
import { makePlan, makeResult } from './mos-plan.js';

const PAGE = fileURLToPath(new URL('../../../web/mos', import.meta.url));
const plan = makePlan();

function makeStudy(t) {
  const study = mkdtempSync(join(tmpdir(), 'lic-mos-'));
  t.after(() => rmSync(study, { recursive: true, force: true }));
  cpSync(PAGE, join(study, 'public'), { recursive: true });
  writeFileSync(join(study, 'public/plan.json'), JSON.stringify(plan));
  writeFileSync(join(study, 'key.json'), '{}');
  return study;
}

/** A served study; the functions give [status, body]. */
async function open(t, options = {}) {
  const study = makeStudy(t);
  const server = await serveStudy(study, { token: 'secret', ...options });
  t.after(() => server.close());
  const call = async (path, init) => {
    const response = await fetch(server.url + path, init);
    return [response.status, await response.json()];
  };
  const post = (result, headers) =>
    call('results', { method: 'POST', body: typeof result === 'string' ? result : JSON.stringify(result), headers });
  const exported = async (token = 'secret') =>
    (await fetch(`${server.url}results`, { headers: { Authorization: `Bearer ${token}` } })).text();
  return { study, url: server.url, call, post, exported };
}

const codeOf = ([status, body]) => [status, body.error?.code];

test('a result is taken once, whatever happens on the way', async (t) => {
  const { post, exported } = await open(t);
  const result = makeResult(plan);
  assert.deepEqual(await post(result), [201, { id: result.id, answers: result.answers.length }]);
  assert.deepEqual(await post(result), [200, { id: result.id, answers: result.answers.length }]);
  assert.equal(await exported(), `${JSON.stringify(result)}\n`);
});

test('a session may send more and more of itself, late parts do no harm, other answers are refused', async (t) => {
  const { post, exported } = await open(t);
  const all = makeResult(plan);
  const part = (answers) => makeResult(plan, { answers });
  assert.equal((await post(part(3)))[0], 201);
  assert.equal((await post(part(9)))[0], 201);
  assert.equal((await post(part(3)))[0], 200);
  assert.equal((await post(all))[0], 201);
  assert.equal((await post(part(9)))[0], 200);
  assert.deepEqual(JSON.parse(await exported()), all);
  const other = structuredClone(all);
  other.answers[2].value = 'b';
  assert.deepEqual(codeOf(await post(other)), [409, 'conflict']);
  assert.deepEqual(codeOf(await post({ ...makeResult(plan, { rater: 'bert' }), id: all.id })), [409, 'conflict']);
  assert.deepEqual(JSON.parse(await exported()), all);
});

test('what is no result is refused with its reason', async (t) => {
  const { post, call, exported } = await open(t);
  const result = makeResult(plan);
  assert.deepEqual(codeOf(await post('{"format": ')), [400, 'bad_json']);
  const [status, { error }] = await post({ ...result, answers: [{ ...result.answers[0], value: 7 }] });
  assert.deepEqual([status, error.code], [400, 'bad_result']);
  assert.match(error.message, /^\/answers\/0\/value: must be one of/);
  assert.deepEqual(codeOf(await post({ ...result, plan: 'f'.repeat(16) })), [409, 'wrong_plan']);
  assert.deepEqual(codeOf(await post('null')), [400, 'bad_result']);
  assert.deepEqual(codeOf(await call('results', { method: 'DELETE' })), [405, 'method_not_allowed']);
  assert.deepEqual(codeOf(await call('index.html', { method: 'POST' })), [405, 'method_not_allowed']);
  assert.equal(await exported(), '');
});

test('limits: bytes, also of bodies that do not say their length; results; requests', async (t) => {
  const { post, url } = await open(t, { limits: { bytes: 20_000, results: 2, requests: 8 } });
  assert.deepEqual(codeOf(await post(' '.repeat(20_001))), [413, 'too_large']);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(8192)) });
  const response = await fetch(`${url}results`, { method: 'POST', body: endless, duplex: 'half' }).catch(() => null);
  assert.ok(response === null || response.status === 413);
  assert.equal((await post(makeResult(plan, { id: 1 })))[0], 201);
  assert.equal((await post(makeResult(plan, { id: 2 })))[0], 201);
  assert.deepEqual(codeOf(await post(makeResult(plan, { id: 3 }))), [507, 'full']);
  assert.equal((await post(makeResult(plan, { id: 2 })))[0], 200, 'what is kept may come again');
  for (let more = 0; more < 2; more++) await post('');
  assert.deepEqual(codeOf(await post(makeResult(plan, { id: 1 }))), [429, 'too_many_requests']);
});

test('with a proxy before it each sender has a limit of its own', async (t) => {
  const { post } = await open(t, { trustProxy: true, limits: { requests: 1 } });
  assert.equal((await post(makeResult(plan, { id: 1 }), { 'X-Forwarded-For': '1.1.1.1, 10.0.0.1' }))[0], 201);
  assert.equal((await post(makeResult(plan, { id: 2 }), { 'X-Forwarded-For': '1.1.1.1, 10.0.0.2' }))[0], 201);
  assert.equal((await post(makeResult(plan, { id: 3 }), { 'X-Forwarded-For': '6.6.6.6, 10.0.0.2' }))[0], 429);
});

test('results are read by the bearer of the token only', async (t) => {
  const { call, exported } = await open(t);
  assert.deepEqual(codeOf(await call('results')), [401, 'unauthorized']);
  assert.match(await exported('secreT'), /unauthorized/);
  const closed = await open(t, { token: undefined });
  assert.match(await closed.exported('undefined'), /unauthorized/);
});

test('the site is served, and nothing beside it', async (t) => {
  const { url } = await open(t);
  const page = await fetch(url);
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
  assert.equal((await fetch(`${url}plan.json`)).headers.get('cache-control'), 'no-cache');
  for (const path of [
    '..%2fkey.json',
    '%2e%2e/key.json',
    'key.json',
    'none.html',
    'pictures/',
    '%00',
    'index.html%00.png',
  ]) {
    assert.equal((await fetch(url + path)).status, 404, path);
  }
  assert.equal((await fetch(`${url}%ff`)).status, 400);
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 200);
});

test('pages of another origin may send where that is allowed', async (t) => {
  const { url } = await open(t, { origin: 'https://study.example' });
  const response = await fetch(`${url}results`, { method: 'OPTIONS' });
  assert.deepEqual(
    [response.status, response.headers.get('access-control-allow-origin')],
    [204, 'https://study.example'],
  );
  const { url: closed } = await open(t);
  assert.equal(
    (await fetch(`${closed}results`, { method: 'OPTIONS' })).headers.get('access-control-allow-origin'),
    null,
  );
});

test('a damaged plan is not served', async (t) => {
  const study = makeStudy(t);
  writeFileSync(join(study, 'public/plan.json'), JSON.stringify({ ...plan, seed: 'x' }));
  await assert.rejects(serveStudy(study), /plan\.json: \/seed: must be integer/);
});

test(
  'killed in the midst of writing, the server has everything that it acknowledged, and starts again',
  { timeout: 60_000 },
  async (t) => {
    const study = makeStudy(t);
    const start = async () => {
      const server = spawn(process.execPath, [join(PAGE, 'server.js'), study, '--port', '0', '--token', 'secret'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.after(() => server.kill('SIGKILL'));
      const [line] = await once(server.stdout, 'data');
      return { server, url: String(line).match(/http:\S+/)[0] };
    };
    const acknowledged = [];
    let next = 0;
    for (let round = 0; round < 3; round++) {
      const { server, url } = await start();
      const gone = once(server, 'exit');
      const goal = acknowledged.length + 5 + 4 * round;
      const sender = async () => {
        for (;;) {
          const result = makeResult(plan, { id: ++next });
          const response = await fetch(`${url}results`, { method: 'POST', body: JSON.stringify(result) }).catch(
            () => null,
          );
          if (!response) return;
          assert.equal(response.status, 201);
          acknowledged.push(result.id);
          if (acknowledged.length >= goal) server.kill('SIGKILL'); // while the other sender's result is on its way
        }
      };
      await Promise.all([sender(), sender(), gone]);
      const past = new Date(Date.now() - 60_000);
      try {
        utimesSync(join(study, 'results.sqlite.lock'), past, past); // the lock of the killed server, a minute later
      } catch {
        // it held none
      }
    }
    assert.ok(acknowledged.length >= 5 + 9 + 13);
    const { server, url } = await start();
    const lines = (await (await fetch(`${url}results`, { headers: { Authorization: 'Bearer secret' } })).text())
      .trim()
      .split('\n');
    const kept = new Set(lines.map((line) => JSON.parse(line).id));
    assert.deepEqual(
      acknowledged.filter((id) => !kept.has(id)),
      [],
    );
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
  },
);

test('a lock that nobody holds is removed, a fresh one is respected', (t) => {
  const study = makeStudy(t);
  const path = join(study, 'results.sqlite');
  new Database(path).close();
  mkdirSync(`${path}.lock`);
  assert.throws(() => new Database(path), /locked/);
  const past = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, past, past);
  new Database(path).close();
});

// The snippets of docs/serving.md: programs are run, configurations loaded by the real web servers.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { FETCH, IMG, ask } from '../server/http.js';
import { readRoot, rootPath } from '../support/vectors.js';
import { readSnippets } from './snippets.js';

const HASHED = 'coffee.0123456789.lic';
const APACHE_MODULES = '/usr/lib/apache2/modules';

const page = readRoot('docs/serving.md').toString();
const snippets = (language) => readSnippets('docs/serving.md', language);

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lic-serving-'));
  mkdirSync(join(folder, 'photos'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['coffee.lic', HASHED]) copyFileSync(rootPath('samples/coffee.lic'), join(folder, 'photos', name));
  cpSync(rootPath('dist/lic.wasm'), join(folder, 'photos/lic.wasm'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(rootPath('.'), join(folder, 'node_modules/lic-codec'));
  for (const name of ['express', 'fastify'])
    symlinkSync(rootPath(`node_modules/${name}`), join(folder, 'node_modules', name));
});

after(() => rmSync(folder, { recursive: true, force: true }));

function findProgram(name) {
  const folders = [...process.env.PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((path) => join(path, name)).find((path) => existsSync(path));
}

const skipUnless = (name) => (findProgram(name) ? false : `${name} is missing: scripts/setup.sh test`);

function findPort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs a server until the test is over, and waits for its first answer. */
async function run(context, port, command, args) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  context.after(() => child.kill());
  for (let tries = 0; ; ++tries) {
    assert.ok(tries < 400 && child.exitCode === null, `${command} does not answer: ${said}`);
    if (await ask(port, '/').catch(() => null)) return;
    await sleep(50);
  }
}

test('the programs: node:http, Express, Fastify', async (context) => {
  const programs = snippets('js').filter((text) => text.includes('createLicHandler'));
  assert.equal(programs.length, 3);
  for (const [i, text] of programs.entries()) {
    const port = await findPort();
    writeFileSync(join(folder, `${i}.js`), text.replace('3000', String(port)));
    await run(context, port, process.execPath, [`${i}.js`]);
    const prefix = text.includes('/photos') ? '/photos' : '';
    const file = await ask(port, `${prefix}/coffee.lic`, { headers: FETCH });
    assert.ok(file.body.equals(readRoot('samples/coffee.lic')));
    assert.equal(
      (await ask(port, `${prefix}/coffee.lic?width=100`, { headers: IMG })).headers['content-type'],
      'image/avif',
    );
    if (text.includes('/health')) assert.equal((await ask(port, '/health')).status, 200);
  }
});

test('the other scripts are well-formed modules', () => {
  for (const [i, text] of snippets('js').entries()) {
    writeFileSync(join(folder, `checked-${i}.js`), text);
    const { status, stderr } = spawnSync(process.execPath, ['--check', `checked-${i}.js`], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  }
});

/** What every server must say of the files of photos/. */
async function checkHeaders(port) {
  const headers = async (name) => {
    const answer = await ask(port, `/${name}`);
    assert.equal(answer.status, 200, name);
    return answer.headers;
  };
  const plain = await headers('coffee.lic');
  assert.equal(plain['content-type'], 'image/x-lic');
  assert.equal(plain['cache-control'], 'public, max-age=3600');
  assert.equal((await headers(HASHED))['content-type'], 'image/x-lic');
  assert.equal((await headers(HASHED))['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await headers('lic.wasm'))['content-type'], 'application/wasm');
  assert.equal(
    (await ask(port, '/coffee.lic', { headers: { range: 'bytes=0-3' } })).body.toString('latin1'),
    '\x89LIC',
  );
}

/** The folders that nginx would put below /var. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

test('nginx', { skip: skipUnless('nginx') }, async (context) => {
  const port = await findPort();
  const [snippet] = snippets('nginx');
  const [, location] = page.match(/`(location .*?\})`/);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `
    daemon off;
    ${process.getuid() === 0 ? 'user root;' : ''}
    pid ${folder}/nginx.pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      types { text/html html; }
      ${snippet}
      server { listen 127.0.0.1:${port}; root ${folder}/photos; ${location} }
    }`,
  );
  await run(context, port, findProgram('nginx'), ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')]);
  await checkHeaders(port);
});

test('Apache', { skip: skipUnless('apache2') }, async (context) => {
  const port = await findPort();
  const [snippet] = snippets('apache');
  const modules = ['mpm_event', 'authz_core', 'mime', 'headers', 'unixd'].map(
    (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
  );
  writeFileSync(
    join(folder, 'apache.conf'),
    [
      ...modules.filter((line) => existsSync(line.split(' ')[2])),
      `ServerRoot "${folder}"`,
      `Listen 127.0.0.1:${port}`,
      'ServerName localhost',
      `PidFile "${folder}/apache.pid"`,
      `ErrorLog "${folder}/apache.log"`,
      'TypesConfig /dev/null',
      `DefaultRuntimeDir "${folder}"`,
      `Mutex file:${folder}`,
      `DocumentRoot "${folder}/photos"`,
      snippet,
    ].join('\n'),
  );
  await run(context, port, findProgram('apache2'), ['-X', '-f', join(folder, 'apache.conf')]);
  await checkHeaders(port);
});

test('Caddy', { skip: skipUnless('caddy') }, async (context) => {
  const port = await findPort();
  const [snippet] = snippets('caddy');
  const place = `http://127.0.0.1:${port} {\n\troot * ${folder}/photos\n${snippet}\n\tfile_server\n}`;
  const site = `{\n\tadmin off\n\tauto_https off\n}\n${place}\n`;
  writeFileSync(join(folder, 'Caddyfile'), site);
  await run(context, port, findProgram('caddy'), [
    'run',
    '--config',
    join(folder, 'Caddyfile'),
    '--adapter',
    'caddyfile',
  ]);
  await checkHeaders(port);
});

// lic-codec/server and requests that no browser sends.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import test from 'node:test';

import { readVector } from '../support/vectors.js';
import { IMG, ask } from './http.js';
import { NAME, start } from './load.js';

const PATHS = [
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
const NAMES = ['format', 'width', 'quality', '__proto__', 'constructor', '', '%'];
const VALUES = [
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
const HEADERS = {
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
  'If-None-Match': ['*', '*', '*', '*', '"', 'W/', ',,,', '"a"'.repeat(500)],
  'If-Modified-Since': ['x', '0', 'Thu, 01 Jan 1970 00:00:00 GMT'],
};

const pick = (list) => list[randomInt(list.length)];
const noise = () => String.fromCharCode(...Array.from({ length: randomInt(40) }, () => 33 + randomInt(94)));

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

function makeRequest() {
  const query = Array.from({ length: randomInt(4) }, () =>
    `${pick(NAMES)}=${pick([...VALUES, noise()])}`.replace(/[\s#]/g, ''),
  );
  const chosen = Object.keys(HEADERS).filter(() => randomInt(3) === 0);
  const lines = chosen.map((name) => `${name}: ${pick([...HEADERS[name], noise()])}\r\n`);
  const url = `${pick(PATHS)}${query.length ? `?${query.join('&')}` : ''}`;
  const method = pick(['GET', 'GET', 'HEAD', 'PUT']);
  return `${method} ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('')}\r\n`;
}

test('strange requests, a thousand of them: never a 500, never a crash', async () => {
  const told = [];
  const { port } = await start({
    onError: (error) => told.push(error),
    maxQueue: 1000,
    source: (path) => (path === NAME ? readVector(path) : null),
  });
  const statuses = new Map();
  for (let i = 0; i < 1000; ++i) {
    const request = makeRequest();
    const answer = await askRaw(port, Buffer.from(request, 'latin1'));
    const status = Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
    assert.ok([200, 206, 304, 400, 404, 405, 406, 416, 431].includes(status), `${status} for ${request}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  for (const status of [200, 304, 400, 404, 405]) assert.ok(statuses.has(status), `no request was answered ${status}`);
  assert.deepEqual(told, []);
  assert.equal((await ask(port, `/${NAME}`, { headers: IMG })).status, 200);
});

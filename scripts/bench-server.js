// `npm run bench:server [-- PICTURE.lic] [--seconds N]`: how many requests a second lic-codec/server answers.
//
//   this process: clients on kept connections ──HTTP──> another process: the handler, all options at their defaults
//
// "Made" means that no answer comes from the cache: each request names another path. The server's processor time does
// not depend on what else the machine does, requests per second do.

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { availableParallelism, cpus } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createLicHandler } from 'lic-codec/server';

const SELF = fileURLToPath(import.meta.url);
const CONNECTIONS = 16;
const WARM_UP_MS = 500;

if (process.send) await serve(process.argv[2]);
else await measureAll();

/** The server's process. @param {string} picture */
async function serve(picture) {
  const bytes = readFileSync(picture);
  const handler = await createLicHandler({ source: () => bytes });
  const server = createServer(handler).listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('message', () => process.send(process.cpuUsage()));
}

async function measureAll() {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '5' } },
    allowPositionals: true,
  });
  const picture = positionals[0] ?? join(resolve(SELF, '../..'), 'samples/coffee.lic');
  const server = fork(SELF, [picture]);
  const answerOf = () => new Promise((done) => server.once('message', done));
  const cpuMs = async () => {
    server.send('usage');
    const { user, system } = await answerOf();
    return (user + system) / 1000;
  };
  const port = await answerOf();
  const { etag } = (await ask(port, '/a.lic')).headers;
  let count = 0;
  const cases = [
    ['the .lic file', () => '/a.lic', {}],
    ['304', () => '/a.lic', { 'If-None-Match': etag }],
    ['AVIF, from memory', () => '/a.lic?format=avif', {}],
    ...['jpeg', 'webp', 'avif'].map((format) => [`${format}, made`, () => `/${++count}.lic?format=${format}`, {}]),
  ];
  console.log(
    `${basename(picture)}, ${CONNECTIONS} connections, ${cpus()[0].model}, ` +
      `${availableParallelism()} processors, Node ${process.version}\n`,
  );
  console.log(
    "| answer | requests per second | median ms | server's processor time, ms | bytes |\n|---|---|---|---|---|",
  );
  for (const [name, path, headers] of cases) {
    await measure(port, path, headers, WARM_UP_MS);
    const before = await cpuMs();
    const { requests, seconds, median, bytes } = await measure(port, path, headers, Number(values.seconds) * 1000);
    const each = ((await cpuMs()) - before) / requests;
    const perSecond = requests / seconds;
    const figures = [perSecond.toFixed(perSecond < 100 ? 1 : 0), median.toFixed(1), each.toFixed(each < 10 ? 2 : 0)];
    console.log(`| ${[name, ...figures, bytes].join(' | ')} |`);
  }
  server.kill();
}

/** @param {number} port @param {() => string} path @param {Record<string, string>} headers @param {number} forMs */
async function measure(port, path, headers, forMs) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const times = [];
  let bytes = 0;
  const start = performance.now();
  const client = async () => {
    while (performance.now() - start < forMs) {
      const since = performance.now();
      const answer = await ask(port, path(), headers, agent);
      if (answer.status >= 400) throw new Error(`${answer.status} for ${path()}`);
      bytes = answer.bytes;
      times.push(performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return { requests: times.length, seconds, median: times.sort((a, b) => a - b)[times.length >> 1], bytes };
}

/** @param {number} port @param {string} path @param {Record<string, string>} [headers] @param {Agent} [agent] */
function ask(port, path, headers, agent) {
  return new Promise((done, fail) => {
    get({ port, host: '127.0.0.1', path, headers, agent }, (response) => {
      let bytes = 0;
      response.on('data', (part) => (bytes += part.length));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, bytes }));
    }).on('error', fail);
  });
}

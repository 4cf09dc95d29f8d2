// `node web/mos/server.js STUDY`: serves STUDY/public and keeps the raters' results in STUDY/results.sqlite.
//
//   GET  /...       the page, the plan, the pictures
//   POST /results   takes a result; 201 when something in it was new, 200 when not; again is harmless
//   GET  /results   every result as JSON lines, for whoever has the token (Authorization: Bearer TOKEN)
//
// Errors are JSON: {"error": {"code", "message"}}, codes in ERRORS.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Database } from './database.js';
import { problemOfPlan, problemOfResult } from './plan.js';

/** @typedef {import('node:http').IncomingMessage} Request @typedef {import('node:http').ServerResponse} Response */

const ERRORS = {
  bad_json: 400,
  bad_result: 400,
  bad_path: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  wrong_plan: 409,
  conflict: 409,
  too_large: 413,
  too_many_requests: 429,
  internal: 500,
  full: 507,
};

export const LIMITS = {
  bytes: 1 << 20, // of a result
  results: 10_000,
  requests: 120, // results from one address in a window
  windowMilliseconds: 60_000,
};

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
};

class RequestError extends Error {
  /** @param {keyof typeof ERRORS} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
    this.status = ERRORS[code];
  }
}

/**
 * @param {string} study the folder that `lic-mos plan` made
 * @param {object} [options]
 * @param {number} [options.port] 0: any free one
 * @param {string} [options.host]
 * @param {string} [options.token] for reading results; without one they cannot be read over the network
 * @param {string} [options.origin] of pages elsewhere that may send results
 * @param {boolean} [options.trustProxy] the last address of X-Forwarded-For is the sender's
 * @param {Partial<typeof LIMITS>} [options.limits]
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serveStudy(
  study,
  { port = 0, host = '127.0.0.1', token, origin, trustProxy = false, limits = {} } = {},
) {
  const site = join(resolve(study), 'public');
  const context = {
    site,
    token,
    origin,
    trustProxy,
    limits: { ...LIMITS, ...limits },
    plan: readPlan(site),
    schema: readJson(join(site, 'result.schema.json')),
    database: new Database(join(study, 'results.sqlite')),
    /** @type {Map<string, number[]>} */
    recent: new Map(),
  };
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(context, request, response).catch((error) => refuse(response, error));
  });
  await new Promise((done, fail) => server.once('error', fail).listen(port, host, () => done(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      context.database.close();
    },
  };
}

/**
 * @typedef {object} Context what a server knows
 * @property {string} site folder of the page
 * @property {string} [token]
 * @property {string} [origin]
 * @property {boolean} trustProxy
 * @property {typeof LIMITS} limits
 * @property {import('./plan.js').Plan} plan
 * @property {any} schema
 * @property {Database} database
 * @property {Map<string, number[]>} recent
 */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** @param {string} site @returns {import('./plan.js').Plan} */
function readPlan(site) {
  const plan = readJson(join(site, 'plan.json'));
  const problem = problemOfPlan(readJson(join(site, 'plan.schema.json')), plan);
  if (problem) throw new Error(`${join(site, 'plan.json')}: ${problem}`);
  return plan;
}

/** @param {Context} context @param {Request} request @param {Response} response */
async function answer(context, request, response) {
  response.setHeader('Content-Security-Policy', CSP);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  const path = pathOf(request);
  if (path !== '/results') return serveFile(context.site, path, request, response);
  if (context.origin) {
    response.setHeader('Access-Control-Allow-Origin', context.origin);
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
  }
  if (request.method === 'OPTIONS') return void response.writeHead(204).end();
  if (request.method === 'POST') return takeResult(context, request, response);
  if (request.method === 'GET') return giveResults(context, request, response);
  throw new RequestError('method_not_allowed', 'results are read with GET and sent with POST');
}

/** @param {Request} request */
function pathOf(request) {
  try {
    return decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  } catch {
    throw new RequestError('bad_path', 'the path is no URL');
  }
}

/** @param {Context} context @param {Request} request @param {Response} response */
async function takeResult(context, request, response) {
  const { database, limits, plan, schema } = context;
  countRequest(context, request);
  const result = parse(await readBody(request, limits.bytes));
  const problem = problemOfResult(schema, plan, result);
  if (problem) throw new RequestError(problem.code, problem.message);
  if (!database.has(result.id) && database.count >= limits.results)
    throw new RequestError('full', `${limits.results} results are kept, no more`);
  const outcome = database.put(result);
  if (outcome === 'conflict') throw new RequestError('conflict', 'another result is kept under this id');
  json(response, outcome === 'stored' ? 201 : 200, { id: result.id, answers: result.answers.length });
}

/** @param {Context} context @param {Request} request */
function countRequest({ recent, limits, trustProxy }, request) {
  const forwarded = trustProxy && [request.headers['x-forwarded-for'] ?? []].flat().join().split(',').at(-1)?.trim();
  const sender = forwarded || request.socket.remoteAddress || '';
  const now = Date.now();
  for (const [address, times] of recent) {
    if (now - (times.at(-1) ?? 0) > limits.windowMilliseconds) recent.delete(address);
  }
  const times = (recent.get(sender) ?? []).filter((time) => now - time < limits.windowMilliseconds);
  if (times.length >= limits.requests)
    throw new RequestError('too_many_requests', 'too many results at once; try again in a minute');
  recent.set(sender, [...times, now]);
}

/** @param {Request} request @param {number} limit bytes */
async function readBody(request, limit) {
  const tooLarge = new RequestError('too_large', `a result has at most ${limit} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > limit) throw tooLarge;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestError('bad_json', `the result is no JSON: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {Context} context @param {Request} request @param {Response} response */
function giveResults({ token, database }, request, response) {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (!token || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new RequestError('unauthorized', 'results are for the bearer of the token with which the server was started');
  }
  response
    .writeHead(200, { 'Content-Type': 'application/jsonl', 'Cache-Control': 'no-store' })
    .end(database.lines().join(''));
}

/** @param {string} site @param {string} path @param {Request} request @param {Response} response */
function serveFile(site, path, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new RequestError('method_not_allowed', 'only POST /results takes data');
  const file = resolve(join(site, path.endsWith('/') ? `${path}index.html` : path));
  const found =
    file.startsWith(site + sep) && !file.includes('\0') ? statSync(file, { throwIfNoEntry: false }) : undefined;
  if (!found?.isFile()) throw new RequestError('not_found', 'there is no such file');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': found.size,
    // pictures are named by their content
    'Cache-Control': path.startsWith('/pictures/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** @param {Response} response @param {number} status @param {object} body */
function json(response, status, body) {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}

/** @param {Response} response @param {unknown} error */
function refuse(response, error) {
  const isKnown = error instanceof RequestError;
  if (!isKnown) console.error(error);
  if (response.headersSent) return void response.destroy();
  const known = isKnown ? error : new RequestError('internal', 'the server failed; the result is not kept');
  if (known.code === 'too_large') response.setHeader('Connection', 'close');
  json(response, known.status, { error: { code: known.code, message: known.message } });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string' },
      origin: { type: 'string' },
      'trust-proxy': { type: 'boolean', default: false },
    },
  });
  if (positionals.length !== 1)
    throw new Error(
      'usage: server.js STUDY [--port 8090] [--host 127.0.0.1] [--token TOKEN] [--origin ORIGIN] [--trust-proxy]',
    );
  const { url, close } = await serveStudy(positionals[0], {
    port: Number(values.port),
    host: values.host,
    token: values.token,
    origin: values.origin,
    trustProxy: values['trust-proxy'],
  });
  console.log(`the test is at ${url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void close().then(() => process.exit(0)));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`lic-mos serve: ${error.message}`);
    process.exit(1);
  });
}

// A folder of pictures for the tests of lic-codec/server, and handlers that serve it.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { configure, createDecoder, info } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { readRoot, readVector, rootPath } from '../support/vectors.js';
import { listen } from './http.js';

export const OPAQUE = 'tiny-tiles-of-3.lic'; // 300 x 200
export const ALPHA = 'tiny-alpha-disc.lic';
export const GREY = 'tiny-grey.lic';
export const DATE = new Date('2024-05-06T07:08:09Z');

export let folder;
export let decoder;

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
export async function start(options) {
  const handler = await createLicHandler({ source: folder, decoder, ...options });
  return { handler, port: await listen(handler) };
}

export const problem = ({ status, headers, body }) => {
  assert.equal(headers['content-type'], 'application/problem+json');
  assert.equal(headers['cache-control'], 'no-store');
  const { code, status: inBody, title, detail } = JSON.parse(body);
  assert.equal(inBody, status);
  assert.ok(title && detail);
  assert.doesNotMatch(String(body), new RegExp(`${folder}|node_modules|\\bat .*:\\d+`));
  return [status, code];
};

// A decoder for the tests of lic-codec/server that is counted and can be held back, and handlers that use it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { configure, decode, info } from 'lic-codec';
import { createLicHandler } from 'lic-codec/server';

import { readRoot, readVector } from '../support/vectors.js';
import { listen } from './http.js';

export const NAME = 'tiny-tiles-of-3.lic';
export const LARGE = readRoot('tests/web/support/large.lic'); // 8000 wide: some seconds

export let folder;
/** What the decoder was asked to do; `gate` holds it back. */
export let work;

before(async () => {
  const idOf = async (file) => (await info(file)).modelId;
  configure({
    models: {
      [await idOf(readVector(NAME))]: readRoot('tests/models/tiny.dec.licm'),
      [await idOf(LARGE)]: readRoot('tests/models/least.dec.licm'),
    },
  });
  folder = mkdtempSync(join(tmpdir(), 'lic-load-'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => (work = { decodes: 0, aborted: 0, gate: Promise.resolve() }));

/** The real decoder, counted and held back. */
export const decoder = {
  async decode(source, options) {
    ++work.decodes;
    await work.gate;
    return decode(source, options).catch((error) => {
      if (error.name === 'AbortError') ++work.aborted;
      throw error;
    });
  },
};

export async function start(options) {
  const source = (path) => (path === 'large.lic' ? LARGE : readVector(path));
  const handler = await createLicHandler({ source, decoder, ...options });
  return { handler, port: await listen(handler) };
}

export const until = async (condition) => {
  for (let tries = 0; !(await condition()); ++tries) {
    assert.ok(tries < 500, `never: ${condition}`);
    await sleep(10);
  }
};

export function makeGate() {
  let open;
  work.gate = new Promise((resolve) => (open = resolve));
  return open;
}

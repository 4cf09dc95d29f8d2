// The installed package in Node, Deno and Bun, from its files and as lic-codec/inline, which has to do without any.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';

import { findProgram, makeApplication } from '../build/installed.js';
import { rootPath } from '../support/vectors.js';
import { checkSeen, exerciseFiles, listFiles } from './exercise-files.js';

const WORKERS = 2;

// Deno grants what it is told to: `lic-codec` reads files, `lic-codec/inline` nothing.
const RUNTIMES = {
  Node: { program: process.execPath, args: [], argsToRead: [] },
  Deno: { program: findProgram('deno'), args: ['run', '--no-prompt'], argsToRead: ['--allow-read'] },
  Bun: { program: findProgram('bun'), args: ['run', '--no-install'], argsToRead: [] },
};
const NO_FETCH = "globalThis.fetch = () => { throw new Error('there was a fetch'); };";

const script = (entry, files, workers) => `
  import * as lic from '${entry}';
  import { exercise } from './exercise.js';
  console.log(JSON.stringify(await exercise(lic, ${files}, { workers: ${workers} })));`;

let whole;
let bare; // without wasm and model
before(() => {
  whole = makeApplication();
  const files = Object.entries(exerciseFiles());
  mkdirSync(join(whole.folder, 'pictures'));
  for (const [name, bytes] of files) writeFileSync(join(whole.folder, name), bytes);
  const inline = files.map(([name, bytes]) => `'${name}': '${bytes.toString('base64')}'`);
  writeFileSync(join(whole.folder, 'files.js'), `export const files = { ${inline.join(', ')} };`);
  cpSync(rootPath('tests/web/runtimes/exercise.js'), join(whole.folder, 'exercise.js'));
  writeFileSync(
    join(whole.folder, 'from-files.js'),
    script(
      'lic-codec',
      listFiles((name) => `'./${name}'`),
      WORKERS,
    ),
  );
  const fromText = listFiles((name) => `Uint8Array.from(atob(files['${name}']), (letter) => letter.charCodeAt(0))`);
  writeFileSync(
    join(whole.folder, 'inline.js'),
    `import { files } from './files.js'; ${NO_FETCH} ${script('lic-codec/inline', fromText, 0)}`,
  );
  bare = `${whole.folder}-bare`;
  cpSync(whole.folder, bare, { recursive: true, filter: (path) => !/\.(wasm|licm)$/.test(path) });
});

after(() => {
  for (const folder of [whole.folder, bare]) rmSync(folder, { recursive: true, force: true });
});

/** Runs a script of the application. */
async function runIn({ program, args }, cwd, name, more = []) {
  const env = { ...process.env, DENO_DIR: join(cwd, 'deno'), DENO_NO_UPDATE_CHECK: '1', DO_NOT_TRACK: '1' };
  const { stdout } = await promisify(execFile)(program, [...args, ...more, name], { cwd, env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

for (const [name, runtime] of Object.entries(RUNTIMES)) {
  const skip = runtime.program ? false : `${name} is missing: npm ci brings it`;

  test(`${name}: pictures by path, errors, stopping, workers`, { skip }, async () => {
    const seen = await runIn(runtime, whole.folder, 'from-files.js', runtime.argsToRead);
    checkSeen(seen);
    assert.equal(seen.inWorkers.most, WORKERS);
  });

  test(`${name}: lic-codec/inline, without a file or a fetch`, { skip }, async () => {
    assert.deepEqual(readdirSync(join(bare, 'node_modules/lic-codec/models')), []);
    checkSeen(await runIn(runtime, bare, 'inline.js'));
  });
}

test('lic-codec/inline: pictures by path, and configure() goes before what rides in it', async () => {
  const code = `
    import { configure, decode, embedded } from 'lic-codec/inline';
    const codes = [];
    const tell = ({ code, width }) => codes.push(code ?? width);
    const attempt = (changes) => (configure(changes), decode('./pictures/photo-1x1.lic').then(tell, tell));
    await attempt({});
    await attempt({ models: new Uint8Array(9) });
    await attempt({ models: undefined, wasm: new Uint8Array(9) });
    await attempt(embedded);
    console.log(JSON.stringify(codes));`;
  writeFileSync(join(bare, 'configure.js'), code);
  assert.deepEqual(await runIn(RUNTIMES.Node, bare, 'configure.js'), [1, 'bad_model', 'internal', 1]);
});

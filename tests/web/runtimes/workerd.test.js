// The installed package in workerd, the runtime of Cloudflare Workers: bundled with its conditions, WebAssembly as a
// module, the model as a data module or in lic-codec/inline.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import test, { after, before } from 'node:test';

import esbuild from 'esbuild';

import { findProgram, makeApplication } from '../build/installed.js';
import { Snippets } from '../docs/snippets.js';
import { checkPicture, listVectors, readVector, rootPath } from '../support/vectors.js';
import { checkSeen, exerciseFiles, listFiles } from './exercise-files.js';

const WORKERD = findProgram('workerd');
const skip = WORKERD ? false : 'workerd is missing: npm ci brings it';
const COMPATIBILITY_DATE = '2025-10-01';
const KINDS = { '.js': 'esModule', '.wasm': 'wasm' }; // everything else is data

let folder;
before(() => {
  ({ folder } = makeApplication());
  mkdirSync(join(folder, 'pictures'));
  for (const [name, bytes] of Object.entries(exerciseFiles())) writeFileSync(join(folder, `${name}.bin`), bytes);
  cpSync(rootPath('tests/web/runtimes/exercise.js'), join(folder, 'exercise.js'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Bundles a worker as wrangler does: files that are no code become modules beside it.
 * @returns {Promise<string>} the folder
 */
async function build(name, code) {
  const outdir = join(folder, name);
  await esbuild.build({
    stdin: { contents: code, resolveDir: folder },
    outfile: join(outdir, 'main.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy', '.licm': 'copy', '.bin': 'copy' },
    logLevel: 'error',
  });
  return outdir;
}

/** Starts workerd on the files of a folder. @returns {Promise<{url: string, stop: () => void, said: () => string}>} */
async function serve(directory) {
  const modules = readdirSync(directory).sort((a, b) => Number(b === 'main.js') - Number(a === 'main.js'));
  const listed = modules.map((name) => `(name = "${name}", ${KINDS[extname(name)] ?? 'data'} = embed "${name}")`);
  const config = `
    using Workerd = import "/workerd/workerd.capnp";
    const main :Workerd.Worker = (modules = [${listed.join(', ')}], compatibilityDate = "${COMPATIBILITY_DATE}");
    const config :Workerd.Config = (
      services = [(name = "main", worker = .main)],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );`;
  writeFileSync(join(directory, 'config.capnp'), config);
  const process = spawn(WORKERD, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [process.stdout, process.stderr]) stream.on('data', (text) => (said += text));
  const port = await new Promise((resolve, reject) => {
    process.once('exit', (code) => reject(new Error(`workerd ended with ${code}: ${said}`)));
    process.stdio[3].on('data', (line) => resolve(JSON.parse(line).port));
  });
  return { url: `http://127.0.0.1:${port}/`, stop: () => process.kill(), said: () => said };
}

/** Serves a worker while `use` runs. */
async function withWorker(name, code, use) {
  const { url, stop, said } = await serve(await build(name, code));
  try {
    return await use(url);
  } catch (error) {
    throw new Error(`${error.message}\n${said()}`, { cause: error });
  } finally {
    stop();
  }
}

/** A worker that runs the exercise on files that are its data modules. */
function exerciseWorker(start) {
  const names = Object.keys(exerciseFiles());
  const imports = names.map((name, i) => `import file${i} from './${name}.bin';`);
  return `
    ${start}
    ${imports.join('\n')}
    import { exercise } from './exercise.js';
    export default {
      async fetch() {
        return Response.json(await exercise(lic, ${listFiles((name) => `file${names.indexOf(name)}`)}));
      },
    };`;
}

const manual = new Snippets('web/README.md', 'js');
const STARTS = {
  'lic-codec, its model as a data module, as the manual has it': `${manual.take('import model')}
    import * as lic from 'lic-codec';`,
  'lic-codec/inline': "import * as lic from 'lic-codec/inline';",
};

for (const [i, [name, start]] of Object.entries(STARTS).entries()) {
  test(`${name}: pictures, errors, stopping`, { skip }, () =>
    withWorker(`exercise-${i}`, exerciseWorker(start), async (url) => {
      const response = await fetch(url);
      assert.equal(response.status, 200);
      checkSeen(await response.json());
    }),
  );
}

test('the manual: a Worker that decodes what it is sent', { skip }, () =>
  withWorker('manual', manual.take('fetch(request)'), async (url) => {
    const post = (body) => fetch(url, { method: 'POST', body });
    const [vector] = listVectors().filter(({ file }) => file === 'photo-grey.lic');
    const response = await post(readVector(vector.file));
    assert.equal(response.headers.get('X-Size'), `${vector.width} ${vector.height}`);
    const { width, height } = vector;
    checkPicture(
      { width, height, colorSpace: 'srgb', data: new Uint8ClampedArray(await response.arrayBuffer()) },
      vector,
    );
    for (const [body, code] of [
      ['not a picture', 'not_lic'],
      [readVector('tiny-1x1.lic'), 'unknown_model'],
    ]) {
      const refused = await post(body);
      assert.deepEqual([refused.status, await refused.json()], [422, { code }]);
    }
  }),
);

test('lic-codec alone knows no model, and wasm must be a module', { skip }, () => {
  const code = `
    import { configure, decode } from 'lic-codec';
    import model from 'lic-codec/models/lic-photo.dec.licm';
    import picture from './pictures/photo-1x1.lic.bin';
    export default {
      async fetch() {
        const codes = [];
        for (const changes of [{}, { models: model }, { wasm: new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]) }]) {
          configure(changes);
          codes.push(await decode(picture).then(({ width }) => width, (error) => error.code));
        }
        return Response.json(codes);
      },
    };`;
  return withWorker('alone', code, async (url) =>
    assert.deepEqual(await (await fetch(url)).json(), ['unknown_model', 1, 'internal']),
  );
});

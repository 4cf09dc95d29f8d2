// Complaints about packages: entries that cannot be loaded, bundled, compiled or typed. The list: README.md in this
// folder.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import esbuild from 'esbuild';

import { makeApplication } from '../build/installed.js';
import { listVectors, readRoot, readVector, rootPath } from '../support/vectors.js';

const TINY = 'tests/models/tiny.dec.licm';
const PHOTO = 'photo-landscape-50.lic';

let folder;
let installed;

before(() => {
  ({ folder, installed } = makeApplication());
  copyFileSync(rootPath(`tests/vectors/${PHOTO}`), join(folder, PHOTO));
  symlinkSync(rootPath('tests/web/complaints/stock.js'), join(folder, 'stock.js'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

/** Runs a module of the application and reads what it prints. */
function runModule(name, text, at = folder) {
  writeFileSync(join(at, name), text);
  return JSON.parse(run(process.execPath, [join(at, name)], { cwd: tmpdir(), env: { PATH: process.env.PATH } }));
}

/** What package.json exports: the entries, and their files under a condition. */
const listEntries = (condition) =>
  Object.entries(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).exports)
    .filter(([, target]) => typeof target === 'object' && target[condition])
    .map(([entry, target]) => ({ entry: join('lic-codec', entry), file: join(installed, target[condition]) }));

test('complaint 2: Node cannot fetch the wasm file. Here any folder may hold it, and threads find it', (context) => {
  const odd = join(tmpdir(), `lic ${process.pid} #1 100% ü`);
  context.after(() => rmSync(odd, { recursive: true, force: true }));
  cpSync(folder, odd, { recursive: true });
  const { widths, workers, fetches } = runModule(
    'decode.js',
    `let fetches = 0;
    const { fetch } = globalThis;
    globalThis.fetch = (...values) => (++fetches, fetch(...values));
    const { createDecoder, decode } = await import('lic-codec');
    const threads = createDecoder({ workers: 1 });
    const picture = new URL('./${PHOTO}', import.meta.url);
    const widths = [(await decode(picture)).width, (await threads.decode(picture)).width];
    console.log(JSON.stringify({ widths, workers: threads.stats().workers.most, fetches }));
    threads.close();`,
    odd,
  );
  const { width } = listVectors().find(({ file }) => file === PHOTO);
  assert.deepEqual([widths, workers, fetches], [[width, width], 1, 0]);
});

test('complaint 4: modules of Node in browser builds. Here bundles import nothing but their own parts', async () => {
  const browserEntries = listEntries('default').filter(({ file }) => !file.includes('/dist/server/'));
  assert.ok(browserEntries.length >= 4);
  for (const { entry } of browserEntries) {
    const built = await esbuild.build({
      stdin: { contents: `import * as all from '${entry}'; globalThis.all = all;`, resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      splitting: true,
      outdir: join(folder, 'out'),
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const imports = Object.values(built.metafile.outputs).flatMap((output) => output.imports);
    assert.deepEqual(built.warnings, [], entry);
    assert.deepEqual(
      imports.filter(({ external }) => external),
      [],
      entry,
    );
    assert.ok(!built.outputFiles.some(({ text }) => /["']node:|\brequire\(/.test(text)), entry);
  }
});

test('complaint 5: importing it on a server crashes. Here entries for browsers need nothing but the language', () => {
  const files = listEntries('default')
    .filter(({ file }) => !file.includes('/dist/server/'))
    .map(({ file }) => file);
  const names = JSON.parse(
    run(
      process.execPath,
      ['--no-warnings', '--experimental-vm-modules', rootPath('tests/web/runtimes/bare-realm.js'), ...files],
      { maxBuffer: 2 ** 24 },
    ),
  );
  for (const file of files) assert.ok(names[file].length > 0, file);
  assert.ok(
    names[join(installed, 'dist/index.js')].includes('decode') &&
      names[join(installed, 'dist/define.js')].includes('LicImgElement'),
  );
});

/** Until the test is over nothing makes a module of bytes, as on edge runtimes. */
function forbidCompiling(context) {
  const { Module, instantiate } = WebAssembly;
  const refuse = () => {
    throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
  };
  for (const name of ['compile', 'compileStreaming', 'instantiateStreaming'])
    context.mock.method(WebAssembly, name, async () => refuse());
  context.mock.method(WebAssembly, 'instantiate', async (source, imports) =>
    source instanceof Module ? instantiate(source, imports) : refuse(),
  );
  WebAssembly.Module = new Proxy(Module, { construct: refuse });
  context.after(() => (WebAssembly.Module = Module));
}

for (const entry of ['node.js', 'index.js']) {
  test(`complaint 8: edge runtimes forbid to compile. Here compiled modules are taken: ${entry}`, async (context) => {
    const wasm = await WebAssembly.compile(readRoot('dist/lic.wasm'));
    const lic = await import(join(installed, 'dist', entry));
    forbidCompiling(context);
    lic.configure({ wasm, models: readRoot(TINY) });
    assert.equal((await lic.decode(readVector('tiny-33x31.lic'))).width, 33);
    assert.equal((await lic.info(readVector('tiny-33x31.lic'))).width, 33);
    lic.configure({ wasm: readRoot('dist/lic.wasm') });
    await assert.rejects(lic.decode(readVector('tiny-33x31.lic')), {
      code: 'internal',
      message: /disallowed by embedder/,
    });
    lic.close();
  });
}

test('complaint 18: types are not found. Here TypeScript resolves every entry, however it looks for it', () => {
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of ['vite', '@types/node'])
    symlinkSync(rootPath(`node_modules/${name}`), join(folder, 'node_modules', name));
  const entries = listEntries('types').map(({ entry }) => entry);
  assert.ok(entries.length >= 7);
  const source = entries.map(
    (entry, i) =>
      `import * as entry${i} from '${entry}';\nentry${i} satisfies object;\n// @ts-expect-error\nentry${i}.missing;\n`,
  );
  const use = `import { decode } from 'lic-codec';
    const picture: ImageData = await decode('a.lic');
    // @ts-expect-error
    const wrong: string = await decode('a.lic');
    export { picture, wrong };`;
  writeFileSync(join(folder, 'entries.ts'), source.join('') + use);
  for (const [module, moduleResolution] of [
    ['esnext', 'bundler'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ]) {
    const options = {
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'],
      types: ['node'],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['entries.ts'] }));
    try {
      run(rootPath('node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], { cwd: folder });
    } catch ({ stdout }) {
      assert.fail(`${moduleResolution}: ${stdout}`);
    }
  }
});

test('complaint 20: globals are patched. Here every global, class and prototype of Node is what it was', () => {
  const entries = listEntries('default').map(({ entry }) => entry);
  const { changed, noticed } = runModule(
    'patches.js',
    `import { takeStock } from './stock.js';
    // Node makes some globals when they are first used.
    for (const name of Object.getOwnPropertyNames(globalThis)) void globalThis[name];
    const compare = takeStock();
    for (const entry of ${JSON.stringify(entries)}) await import(entry);
    const { decode } = await import('lic-codec');
    await decode(new URL('./${PHOTO}', import.meta.url));
    const changed = compare();
    Array.prototype.at = () => {};
    console.log(JSON.stringify({ changed, noticed: compare() }));`,
  );
  assert.deepEqual([changed, noticed], [[], ['Array.prototype.at']]);
});

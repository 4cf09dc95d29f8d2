// lic-codec/inline in applications of one file, made by esbuild and by Rollup: they open with every request but the
// page and that file refused.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { rollup } from 'rollup';

import { serve } from '../../../web/demo/serve.js';
import { makeApplication } from '../../web/build/installed.js';
import { Snippets } from '../../web/docs/snippets.js';
import { checkPicture, listVectors, readVector, rootPath } from '../../web/support/vectors.js';
import { skip, unpack, useBrowser } from '../support/browser.js';

const HTML =
  '<!doctype html><title>waiting</title><link rel="icon" href="/icon.svg">' +
  '<script type="module" src="/main.js"></script>';

let folder;
const openPage = useBrowser();
before(() => {
  ({ folder } = makeApplication());
});

after(() => rmSync(folder, { recursive: true, force: true }));

const VECTOR = listVectors().find(({ file }) => file === 'photo-grey.lic');
const manual = new Snippets('web/README.md', 'js');
// With the picture itself in the code; and with an element, which fetches its picture.
const ONE_FILE = {
  decode: `
    ${manual.take(/^import .* from 'lic-codec\/inline';\n$/)}
    const letters = atob('${readVector(VECTOR.file).toString('base64')}');
    const file = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const { width, height, colorSpace, data } = await decode(file);
    globalThis.picture = { width, height, colorSpace: colorSpace ?? 'srgb', data }; // Firefox's ImageData have none
    document.title = [width, height].join(' ');`,
  element: `
    ${manual.take('configure(embedded)')}
    const image = document.createElement('lic-img');
    image.src = '/${VECTOR.file}';
    document.body.append(image);
    image.decode().then(() => (document.title = [image.naturalWidth, image.naturalHeight].join(' ')));`,
};

const BUNDLERS = {
  esbuild: (entry, file) =>
    esbuild.build({
      entryPoints: [entry],
      outfile: file,
      bundle: true,
      format: 'esm',
      minify: true,
      target: 'es2022',
      logLevel: 'error',
    }),
  Rollup: async (entry, file) => {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ file, format: 'es', inlineDynamicImports: true });
    await bundle.close();
  },
};

for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
  for (const [kind, code] of Object.entries(ONE_FILE)) {
    test(`${bundler}: ${kind} from one file, with every other request refused`, { skip }, async () => {
      const root = join(folder, `${bundler}-${kind}`);
      mkdirSync(root);
      writeFileSync(join(root, 'index.html'), HTML);
      cpSync(rootPath('web/demo/icon.svg'), join(root, 'icon.svg'));
      cpSync(rootPath(`tests/vectors/${VECTOR.file}`), join(root, VECTOR.file));
      const entry = join(folder, `${bundler}-${kind}.js`);
      writeFileSync(entry, code);
      await bundle(entry, join(root, 'main.js'));
      await checkOneFile(root, [
        '/icon.svg',
        '/index.html',
        '/main.js',
        ...(kind === 'element' ? [`/${VECTOR.file}`] : []),
      ]);
    });
  }
}

/**
 * Opens an application, lets these requests of it through (the policy lets none through to others), and looks at what
 * it has decoded.
 */
async function checkOneFile(root, allowed) {
  const { url, close } = await serve({ root, folders: ['.'] });
  try {
    const { page, problems } = await openPage();
    const refused = [];
    await page.route(`${url}**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (allowed.includes(pathname)) return route.continue();
      refused.push(pathname);
      return route.abort();
    });
    await page.goto(`${url}index.html`);
    await page.waitForFunction(() => document.title !== 'waiting');
    assert.equal(await page.title(), `${VECTOR.width} ${VECTOR.height}`);
    const picture = await page.evaluate(
      () => globalThis.picture && { ...globalThis.picture, data: pack(globalThis.picture.data) },
    );
    if (picture) checkPicture({ ...picture, data: unpack(picture.data) }, VECTOR);
    assert.deepEqual([refused, problems, page.workers().length], [[], [], 0]);
  } finally {
    close();
  }
}

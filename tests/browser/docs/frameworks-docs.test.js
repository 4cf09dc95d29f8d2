// The components of docs/bundlers.md: rendered on a server, taken over in the browser, where the element shows its
// picture, or its fallback.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';

import esbuild from 'esbuild';

import { serve } from '../../../web/demo/serve.js';
import { readSnippets, Snippets } from '../../web/docs/snippets.js';
import { rootPath } from '../../web/support/vectors.js';
import { DEFINITIONS, compileComponents } from '../bundlers/components.js';
import { skip, useBrowser } from '../support/browser.js';

const MANUAL = 'docs/bundlers.md';
const FRAMEWORKS = {
  React: {
    file: 'photo.jsx',
    component: new Snippets(MANUAL, 'jsx').take("from 'react'"),
    server: `import { createElement } from 'react'; import { renderToString } from 'react-dom/server';
      import { Photo } from './photo.jsx';
      export const render = (props) => renderToString(createElement(Photo, props));`,
    client: `import { createElement } from 'react'; import { hydrateRoot } from 'react-dom/client';
      import { Photo } from './photo.jsx';
      const onRecoverableError = console.error;
      hydrateRoot(document.getElementById('page'), createElement(Photo, PROPS), { onRecoverableError });`,
  },
  Vue: {
    file: 'photo.vue',
    component: readSnippets(MANUAL, 'vue')[0],
    server: `import { createSSRApp } from 'vue'; import { renderToString } from 'vue/server-renderer';
      import Photo from './photo.vue';
      export const render = (props) => renderToString(createSSRApp(Photo, props));`,
    client: `import { createSSRApp } from 'vue'; import Photo from './photo.vue';
      createSSRApp(Photo, PROPS).mount('#page');`,
  },
  Svelte: {
    file: 'photo.svelte',
    component: readSnippets(MANUAL, 'svelte')[0],
    server: `import { render as renderSvelte } from 'svelte/server'; import Photo from './photo.svelte';
      export const render = async (props) => (await renderSvelte(Photo, { props })).body;`,
    client: `import { hydrate } from 'svelte'; import Photo from './photo.svelte';
      hydrate(Photo, { target: document.getElementById('page'), props: PROPS });`,
  },
};
const PHOTOS = { harbour: 'loaded', broken: 'failed' };
const COMMON = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  nodePaths: [rootPath('node_modules')],
  define: DEFINITIONS,
  logLevel: 'error',
};

let folder;
const openPage = useBrowser();

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lic-components-'));
  mkdirSync(join(folder, 'photos'));
  const files = {
    'tests/vectors/tiny-tiles-of-3.lic': 'photos/harbour.lic',
    'tests/vectors/bad/bad_stream-hyper-word-left.lic': 'photos/broken.lic',
    'tests/models/tiny.dec.licm': 'tiny.licm',
    'web/demo/icon.svg': 'icon.svg',
  };
  for (const [from, to] of Object.entries(files)) cpSync(rootPath(from), join(folder, to));
  for (const name of Object.keys(PHOTOS)) cpSync(rootPath('web/demo/icon.svg'), join(folder, `photos/${name}.jpg`));
  for (const name of ['dist', 'models'])
    cpSync(rootPath(name), join(folder, name), { recursive: true, filter: (path) => !/models\/\w+$/.test(path) });
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Bundles what a server imports, and runs it. */
async function renderOnServer(root, props) {
  const outfile = join(root, 'server.mjs');
  await esbuild.build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: ['server.js'],
    outfile,
    platform: 'node',
    conditions: ['node'],
    alias: { 'lic-codec/define': rootPath('dist/define.js') },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [compileComponents('server')],
  });
  const { render } = await import(pathToFileURL(outfile).href);
  return render(props);
}

/** What the page gets: the component, and the package's files as they are. */
const buildClient = (root) =>
  esbuild.build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: ['client.js'],
    outfile: join(root, 'page.js'),
    platform: 'browser',
    conditions: ['browser'],
    external: ['/dist/*'],
    alias: { 'lic-codec/define': '/dist/define.js', 'lic-codec': '/dist/index.js' },
    plugins: [compileComponents()],
  });

for (const [framework, { file, component, server, client }] of Object.entries(FRAMEWORKS)) {
  for (const [name, outcome] of Object.entries(PHOTOS)) {
    test(
      `${framework}: a component of the manual, rendered on a server and ${outcome} in the page`,
      { skip },
      async () => {
        const root = join(folder, `${framework}-${name}`);
        mkdirSync(root);
        const props = { name, alt: 'A harbour' };
        writeFileSync(join(root, file), component);
        writeFileSync(join(root, 'server.js'), server);
        const setting = "import { configure } from 'lic-codec'; configure({ models: '/tiny.licm' });";
        writeFileSync(join(root, 'client.js'), `${setting} const PROPS = ${JSON.stringify(props)};\n${client}`);
        const markup = await renderOnServer(root, props);
        assert.match(markup, new RegExp(`<lic-img[^>]* src="/photos/${name}\\.lic"`));
        assert.match(markup, new RegExp(`<img[^>]* src="/photos/${name}\\.jpg"`));
        await buildClient(root);
        writeFileSync(
          join(root, 'index.html'),
          '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="/icon.svg">' +
            `<div id="page">${markup}</div><script type="module" src="page.js"></script></html>`,
        );
        await checkPage(`${framework}-${name}/index.html`, outcome);
      },
    );
  }
}

async function checkPage(path, outcome) {
  const { url, close } = await serve({ root: folder, folders: ['.'] });
  try {
    const { page, problems } = await openPage();
    const warnings = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    await page.addInitScript(() =>
      addEventListener('DOMContentLoaded', () => (globalThis.rendered = document.querySelector('lic-img'))),
    );
    await page.goto(url + path);
    await page.waitForSelector(`figure[title=${outcome}]`, { timeout: 20_000 });
    const [isSame, width, fallback] = await page.evaluate(() => {
      const image = document.querySelector('lic-img');
      return [
        image === globalThis.rendered,
        image.naturalWidth,
        image.querySelector('img').getBoundingClientRect().width,
      ];
    });
    assert.ok(isSame, 'the element of the server is taken over');
    assert.deepEqual([width, fallback], outcome === 'loaded' ? [300, 0] : [0, 300]);
    assert.deepEqual([problems, warnings], [[], []]);
  } finally {
    close();
  }
}

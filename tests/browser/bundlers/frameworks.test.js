// <lic-img> in pages made with React, Vue and Svelte, by their own compilers and esbuild. Each page has the same parts:
// a picture whose source, size and text are state, listeners, a fallback among the children, and a way to the element.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import esbuild from 'esbuild';

import { serve } from '../../../web/demo/serve.js';
import { rootPath } from '../../web/support/vectors.js';
import { skip, useBrowser } from '../support/browser.js';
import { DEFINITIONS, compileComponents } from './components.js';

const PAGES = {
  react: {
    file: 'page.jsx',
    page: `
      import { useRef, useState } from 'react';
      import { createRoot } from 'react-dom/client';
      function Page() {
        const [name, setName] = useState('wide');
        const image = useRef(null);
        return (
          <main>
            <button onClick={() => setName('small')}>{name}</button>
            <lic-img
              ref={image} src={'/' + name + '.lic'} srcset={'/' + name + '.lic 1x'} alt={'The picture ' + name}
              width={60} loading="lazy" fetchPriority="high" className="picture"
              onload={() => note('load', image.current.naturalWidth)}
              onerror={(event) => note('error', event.error.code)}
              onprogress={(event) => note('progress', event.total)}>
              <img src="/icon.svg" alt="" loading="lazy" />
            </lic-img>
          </main>
        );
      }
      createRoot(document.getElementById('page')).render(<Page />);`,
  },
  vue: {
    file: 'page.vue',
    page: `
      <script setup>
      import { ref } from 'vue';
      const name = ref('wide');
      const image = ref(null);
      const note = globalThis.note;
      </script>
      <template>
        <main>
          <button @click="name = 'small'">{{ name }}</button>
          <lic-img
            ref="image" :src="'/' + name + '.lic'" :srcset="'/' + name + '.lic 1x'" :alt="'The picture ' + name"
            :width="60" loading="lazy" fetchpriority="high" class="picture"
            @load="note('load', image.naturalWidth)"
            @error="note('error', $event.error.code)"
            @progress="note('progress', $event.total)">
            <img src="/icon.svg" alt="" loading="lazy">
          </lic-img>
        </main>
      </template>`,
    start: `import { createApp } from 'vue'; import Page from './page.vue'; createApp(Page).mount('#page');`,
  },
  svelte: {
    file: 'page.svelte',
    page: `
      <script>
        let name = $state('wide');
        let image;
        const note = globalThis.note;
      </script>
      <main>
        <button onclick={() => (name = 'small')}>{name}</button>
        <lic-img
          bind:this={image} src={'/' + name + '.lic'} srcset={'/' + name + '.lic 1x'} alt={'The picture ' + name}
          width={60} loading="lazy" fetchpriority="high" class="picture"
          onload={() => note('load', image.naturalWidth)}
          onerror={(event) => note('error', event.error.code)}
          onprogress={(event) => note('progress', event.total)}>
          <img src="/icon.svg" alt="" loading="lazy">
        </lic-img>
      </main>`,
    start: `import { mount } from 'svelte'; import Page from './page.svelte';
      mount(Page, { target: document.getElementById('page') });`,
  },
};
// The element is defined before the page is made, or after: frameworks look at what an element has by then.
const ORDERS = {
  'defined first': ["import 'lic-codec/define';", ''],
  'defined later': ['', "setTimeout(() => import('lic-codec/define'), 100);"],
};
const COMMON = `
  import { configure } from 'lic-codec';
  configure({ models: '/tiny.licm', wasm: '/lic.wasm' });
  globalThis.notes = [];
  globalThis.note = (...what) => globalThis.notes.push(what.join(' '));`;

const HTML =
  '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="/icon.svg">' +
  '<div id="page"></div><script type="module" src="built/main.js"></script></html>';

let folder;
const openPage = useBrowser();

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lic-frameworks-'));
  const files = {
    'tests/vectors/tiny-tiles-of-3.lic': 'wide.lic',
    'tests/vectors/tiny-33x31.lic': 'small.lic',
    'tests/models/tiny.dec.licm': 'tiny.licm',
    'dist/lic.wasm': 'lic.wasm',
    'web/demo/icon.svg': 'icon.svg',
  };
  for (const [from, to] of Object.entries(files)) cpSync(rootPath(from), join(folder, to));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a page into a folder of its own and bundles it there. */
async function buildPage(name, { file, page, start = `import './${file}';` }, [first, last]) {
  const root = join(folder, name);
  mkdirSync(root);
  writeFileSync(join(root, file), page);
  writeFileSync(join(root, 'common.js'), COMMON);
  writeFileSync(join(root, 'main.js'), `import './common.js'; ${first} ${start} ${last}`);
  writeFileSync(join(root, 'index.html'), HTML);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['main.js', { in: rootPath('dist/worker.js'), out: 'worker' }],
    outdir: 'built',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    nodePaths: [rootPath('node_modules')],
    alias: { 'lic-codec/define': rootPath('dist/define.js'), 'lic-codec': rootPath('dist/index.js') },
    define: DEFINITIONS,
    conditions: ['browser'],
    plugins: [compileComponents()],
    logLevel: 'error',
  });
}

for (const [framework, sources] of Object.entries(PAGES)) {
  for (const [order, imports] of Object.entries(ORDERS)) {
    test(`${framework}, ${order}`, { skip }, async () => {
      const name = `${framework}-${order.replace(' ', '-')}`;
      await buildPage(name, sources, imports);
      const server = await serve({ root: folder, folders: ['.'] });
      const { page, problems } = await openPage();
      try {
        await page.goto(`${server.url}${name}/index.html`);
        await checkPage(page);
        assert.deepEqual(problems, []);
      } finally {
        server.close();
      }
    });
  }
}

async function checkPage(page) {
  const loaded = (width) => page.waitForFunction((note) => globalThis.notes.includes(note), `load ${width}`);
  const facts = () =>
    page.evaluate(() => {
      const image = document.querySelector('lic-img');
      const { alt, width, loading, fetchPriority, className, naturalWidth } = image;
      return {
        alt,
        width,
        loading,
        fetchPriority,
        className,
        naturalWidth,
        file: image.currentSrc.split('/').at(-1),
        fallback: image.querySelector('img').getBoundingClientRect().width,
      };
    });
  const common = { width: 60, loading: 'lazy', fetchPriority: 'high', className: 'picture', fallback: 0 };
  await loaded(300);
  assert.deepEqual(await facts(), { ...common, alt: 'The picture wide', naturalWidth: 300, file: 'wide.lic' });
  await page.getByRole('button').click();
  await loaded(33);
  assert.deepEqual(await facts(), { ...common, alt: 'The picture small', naturalWidth: 33, file: 'small.lic' });
  assert.ok((await page.evaluate(() => globalThis.notes)).includes('progress 1'));
  assert.ok(!(await page.evaluate(() => globalThis.notes)).some((note) => note.startsWith('error')));
}

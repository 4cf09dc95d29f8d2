// The snippets of docs/lic-img.md, in a page.

import assert from 'node:assert/strict';

import { readSnippets } from '../../web/docs/snippets.js';
import { readRoot } from '../../web/support/vectors.js';
import { useElementPage } from '../element/element-page.js';
import { skip, test } from '../support/browser.js';

const openPage = useElementPage();
/** The snippets of the manual, with the pictures of the tests. */
const snippets = (language) =>
  readSnippets('docs/lic-img.md', language).map((text) =>
    text.replaceAll(
      /photos\/([\w-]+)\.(lic|jpg)/g,
      (_, name, type) => `/pictures/wide-${name}.${type === 'jpg' ? 'png' : type}`,
    ),
  );

/** A page with the first HTML snippet in it. */
async function openManual(html) {
  const opened = await openPage();
  const script = 'script type="module" src="main.js"';
  await opened.page.evaluate((html) => {
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    parsed.querySelector('script')?.remove();
    document.body.append(...parsed.body.children);
  }, html);
  assert.ok(html.includes(script) || !html.includes('<script'));
  await opened.page.evaluate(() => document.querySelector('lic-img').decode());
  return opened;
}

/** Runs a snippet to its end, as a module of the page's own, which the policy allows. */
async function runModule(page, name, text) {
  await page.route(`**/${name}.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: text }));
  await page.evaluate((name) => import(`/tests/browser/${name}.js`).then(() => {}), name);
}

test('the manual: the first example, and what registers the element', { skip }, async () => {
  const [html] = snippets('html');
  assert.equal(snippets('js')[0].trim(), "import 'lic-codec/define';");
  const { page, problems } = await openManual(html);
  const found = await page.evaluate(() => {
    const image = document.querySelector('lic-img');
    return [image.width, image.height, image.alt, image.firstElementChild.getBoundingClientRect().width];
  });
  assert.deepEqual(found, [300, 200, 'A harbour', 0]);
  assert.deepEqual(problems, []);
});

test('the manual: srcset and sizes', { skip }, async () => {
  const { page } = await openManual(snippets('html')[1]);
  const found = await page.evaluate(() => {
    const { currentSrc, width } = document.querySelector('lic-img');
    return [currentSrc.split('/').at(-1), width];
  });
  assert.deepEqual(found, ['wide-harbour-400.lic', 263]);
});

test('the manual: styles', { skip }, async () => {
  const [styles, fallback] = snippets('css');
  assert.ok(readRoot('tests/browser/element/lic-img.css').toString().includes(fallback));
  const { page } = await openManual(snippets('html')[0]);
  const found = await page.evaluate(async (css) => {
    style(css);
    const image = document.querySelector('lic-img');
    const canvas = image.shadowRoot.querySelector('canvas');
    image.classList.add('cover');
    const { objectFit, objectPosition } = getComputedStyle(canvas);
    const cover = [image.width, image.height, objectFit, objectPosition];
    image.src = '/pictures/wide-later.lic';
    await Promise.resolve();
    return [cover, getComputedStyle(image).backgroundColor, document.adoptedStyleSheets[0].cssRules.length];
  }, styles);
  assert.deepEqual(found, [[160, 160, 'cover', '50% 20%'], 'rgba(136, 136, 136, 0.267)', 3]);
});

test('the manual: listening', { skip }, async () => {
  const { page } = await openManual(snippets('html')[0]);
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  const [, listening] = snippets('js');
  await runModule(page, 'listening', listening);
  assert.ok(said.includes('100 %'), said.join());
  assert.match(said.at(-1), /^300 200 .*wide-other\.lic$/);
});

test('the manual: saving', { skip }, async () => {
  const { page } = await openManual(snippets('html')[0]);
  const download = page.waitForEvent('download');
  await runModule(page, 'saving', snippets('js')[2]);
  assert.equal((await download).suggestedFilename(), 'harbour.png');
});

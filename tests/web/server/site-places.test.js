// lic-static and the Vite plugin: what stays first in a page, and sites whose files lie on another server.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { build } from 'vite';

import { convertSite } from 'lic-codec/static';
import { licImages } from 'lic-codec/vite';

import { LIC, makePictures, skip, writeFiles } from './site.js';

const MARK = '\ufeff';
const CDN = 'https://cdn.example/files/';

let folder;
let photo;
let count = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lic-places-'));
  photo = (await makePictures())['photo-300.jpg'];
});

after(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({ lic: LIC, cache: join(folder, 'cache') });
const tags = (runtime) =>
  `<link rel="stylesheet" href="${runtime}/lic-img.css">` +
  `<script type="module" src="${runtime}/dist/define.js" data-lic-static></script>`;

/** The pages of a site after conversion, without the hash in the picture's name. */
async function convert(pages, more) {
  const site = join(folder, `site-${++count}`);
  writeFiles(site, { 'photo.jpg': photo, ...pages });
  const report = await convertSite({ ...options(), folder: site, out: `${site}-out`, ...more });
  const read = (name) => readFileSync(join(`${site}-out`, name), 'utf8').replace(/photo\.\w{10}\.lic/g, 'photo.lic');
  return { report, pages: Object.fromEntries(Object.keys(pages).map((name) => [name, read(name)])) };
}

const LIC_IMG = '<lic-img src="photo.lic"><img src="photo.jpg" loading="lazy"></lic-img>';

test('a byte order mark, the doctype and the encoding stay before what is added', { skip }, async () => {
  const added = tags('lic');
  const cases = [
    ['<!doctype html>\n<html><head><title>Grüße</title>', '</head><body>'],
    ['<!doctype html>', ''],
    ['<!-- saved from elsewhere -->\n<!DOCTYPE html>\n<html lang=de>', '<body>'],
    ['<!doctype html><meta name=x><meta charset=utf-8>', '<title>Grüße</title><p>'],
    ['<!doctype html><html><head><meta charset=utf-8>', '<title>Grüße</title><body>'],
    ['<!doctype html><html><head>', '<title>Grüße</title><body>'],
    ['', ''],
  ];
  for (const mark of ['', MARK]) {
    const pages = cases.map(([before, after], i) => [`${i}.html`, `${mark}${before}${after}<img src="photo.jpg">\n`]);
    const expected = cases.map(([before, after], i) => [`${i}.html`, `${mark}${before}${added}${after}${LIC_IMG}\n`]);
    assert.deepEqual((await convert(Object.fromEntries(pages))).pages, Object.fromEntries(expected));
  }
  const unchanged = { 'index.html': `${MARK}<!doctype html><p>Grüße` };
  assert.deepEqual((await convert(unchanged)).pages, unchanged);
});

test('files on another server: by their addresses there, from pages anywhere', { skip }, async () => {
  const page = (...sources) => `<!doctype html>${sources.map((src) => `<img src="${src}">`).join('')}`;
  const images = (...sources) =>
    sources
      .map((src) => `<lic-img src="${src.replace('.jpg', '.lic')}"><img src="${src}" loading="lazy"></lic-img>`)
      .join('');
  const sources = [`${CDN}photo.jpg`, 'photo.jpg', '//cdn.example/files/photo.jpg'];
  const left = ['https://cdn.example/photo.jpg', 'https://cdn.example.org/files/photo.jpg', `${CDN}none.jpg`];
  for (const base of [CDN, CDN.slice(0, -1), CDN.slice('https:'.length)]) {
    const found = await convert(
      {
        'index.html': page(...sources),
        'below/other.html': page(`${CDN}photo.jpg`, '../photo.jpg'),
        'left.html': page(...left),
      },
      { base },
    );
    const runtime = `${base.replace(/\/$/, '')}/lic`;
    assert.deepEqual(found.pages, {
      'index.html': `<!doctype html>${tags(runtime)}${images(...sources)}`,
      'below/other.html': `<!doctype html>${tags(runtime)}${images(`${CDN}photo.jpg`, '../photo.jpg')}`,
      'left.html': page(...left),
    });
    assert.deepEqual(found.report.warnings, []);
  }
});

test('Vite: base on another server, and a page with a byte order mark', { skip }, async () => {
  const root = join(folder, 'application');
  for (const [base, mark] of [
    [CDN, ''],
    [CDN, MARK],
    ['/files/', MARK],
    ['./', ''],
  ]) {
    writeFiles(root, {
      'photo.jpg': photo,
      'index.html': `${mark}<!doctype html>\n<html><head></head><body><img src="./photo.jpg"></body></html>`,
    });
    await build({
      root,
      base,
      configFile: false,
      logLevel: 'error',
      plugins: [licImages(options())],
      build: { emptyOutDir: true, assetsInlineLimit: 0 },
    });
    const text = readFileSync(join(root, 'dist/index.html'), 'utf8');
    assert.ok(text.startsWith(`${mark}<!doctype html>`), JSON.stringify(text.slice(0, 40)));
    const [, address, file] = text.match(/<lic-img src="([^"]*)(assets\/photo[^"]*\.lic)"><img src="/);
    assert.equal(address, base);
    assert.ok(existsSync(join(root, 'dist', file)));
    assert.ok(text.includes(tags(base === CDN ? `${CDN}lic` : 'lic')), text);
  }
});

// lic-static: which <img> it replaces and how, what it leaves alone, what it says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { decode } from 'lic-codec';
import { EncoderMissing, convertSite } from 'lic-codec/static';

import { rootPath } from '../support/vectors.js';
import { LIC, makePictures, skip, writeFiles } from './site.js';

const COMMAND = rootPath('dist/server/lic-static.js');
const TAGS = (up = '') =>
  `<link rel="stylesheet" href="${up}lic/lic-img.css">` +
  `<script type="module" src="${up}lic/dist/define.js" data-lic-static></script>`;

let folder;
let pictures;
let count = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lic-static-'));
  pictures = await makePictures();
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** A site of its own with all pictures at its root. */
function makeSite(files) {
  const site = join(folder, `site-${++count}`);
  writeFiles(site, { ...pictures, ...files });
  return { site, out: `${site}-out` };
}

const convert = (site, out, options) =>
  convertSite({ folder: site, out, lic: LIC, cache: join(folder, 'cache'), ...options });
const listFiles = (path) =>
  readdirSync(path, { recursive: true })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort();
const licNames = (out) => listFiles(out).filter((name) => name.endsWith('.lic'));

/** The pages of a site after conversion. */
async function rewrite(pages, options) {
  const { site, out } = makeSite(pages);
  const report = await convert(site, out, options);
  return { site, out, report, text: (name = 'index.html') => readFileSync(join(out, name), 'utf8') };
}

function lic(...args) {
  return spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: '/usr/bin:/bin' },
  });
}

test('an <img> becomes the fallback of a <lic-img>, the rest of the page stays', { skip }, async () => {
  const page = (image, tags = '') =>
    `<!DOCTYPE html>\n<HTML lang=en><head><title>a &amp; b</title>${tags}</head>\r\n` +
    `<body CLASS='x'><p>One<br>${image}<p>Two <!-- <img src="photo.jpg"> --></body>`;
  const { out, report, text } = await rewrite({
    'index.html': page(
      `<IMG SRC=photo.jpg?v=2 alt='A "cup" &lt; & co' width=600 height=400 id=hero class="big round" ` +
        `loading=eager fetchpriority=high data-x onerror="f('a')">`,
    ),
  });
  const [name] = licNames(out);
  assert.match(name, /^photo\.[0-9a-f]{10}\.lic$/);
  const shared = 'alt="A &quot;cup&quot; < &amp; co" width="600" height="400"';
  const own = `id="hero" class="big round" loading="eager" fetchpriority="high" data-x onerror="f('a')"`;
  const outer = `<lic-img src="${name}" ${shared} ${own}>`;
  const inner = `<img src="photo.jpg?v=2" ${shared} class="big round" data-x loading="lazy"></lic-img>`;
  assert.equal(text(), page(outer + inner, TAGS()));
  const { width, height } = await decode(join(out, name));
  assert.deepEqual([width, height], [600, 400]);
  const [photo] = report.pictures;
  assert.deepEqual(report, {
    pages: { all: 1, rewritten: 1 },
    pictures: [
      {
        file: 'photo.jpg',
        bytes: pictures['photo.jpg'].length,
        licBytes: statSync(join(out, name)).size,
        kept: null,
        failed: false,
      },
    ],
    runtimeBytes: report.runtimeBytes,
    warnings: [],
  });
  assert.ok(photo.licBytes < photo.bytes * 0.9);
  for (const file of [
    'lic/dist/define.js',
    'lic/dist/lic.wasm',
    'lic/dist/worker.js',
    'lic/models/lic-photo.dec.licm',
    'lic/lic-img.css',
    'lic/LICENSE',
  ]) {
    assert.ok(existsSync(join(out, file)), file);
  }
  assert.ok(
    !listFiles(join(out, 'lic')).some((file) => /server|node\.js|workerd/.test(file)),
    'only what a page needs',
  );
  assert.ok(readFileSync(join(out, 'drawing.png')).equals(pictures['drawing.png']));
});

test('pages without a head, in folders, with a base, with a path on the server', { skip }, async () => {
  const { out, text } = await rewrite({
    'index.html': '<img src=photo.jpg>',
    'a/b/deep.html': '<!doctype html><html><body><img src="../../photo.jpg"><img src="/photo.jpg"></body></html>',
    'a/based.htm': '<!doctype html><base href="../"><img src=photo.jpg>',
  });
  const [name] = licNames(out);
  const image = (src, original) => `<lic-img src="${src}"><img src="${original}" loading="lazy"></lic-img>`;
  assert.equal(text(), TAGS() + image(name, 'photo.jpg'));
  assert.equal(
    text('a/b/deep.html'),
    `<!doctype html><html>${TAGS('../../')}<body>${image(`../../${name}`, '../../photo.jpg')}` +
      `${image(`/${name}`, '/photo.jpg')}</body></html>`,
  );
  assert.equal(text('a/based.htm'), `<!doctype html>${TAGS('/')}<base href="../">${image(name, 'photo.jpg')}`);
  const below = await rewrite(
    { 'index.html': '<head></head><img src="/site/photo.jpg"><img src="/photo.jpg">' },
    { base: 'site' },
  );
  assert.equal(
    below.text(),
    `<head>${TAGS()}</head>${image(`/site/${name}`, '/site/photo.jpg')}<img src="/photo.jpg">`,
  );
});

test('srcset: all of its pictures or none', { skip }, async () => {
  const { text, out, report } = await rewrite({
    'index.html':
      '<head></head><img src="photo.jpg" srcset="photo-300.jpg 300w, ./photo.jpg 600w" ' +
      'sizes="(width < 600px) 50vw, 600px">',
    'none.html': '<img src="photo.jpg" srcset="drawing.png 2x">',
    'plain.html': '<head></head><img src="photo-300.jpg" srcset="" sizes="5px">',
  });
  const [small, large] = licNames(out);
  const sizes = 'sizes="(width < 600px) 50vw, 600px"';
  assert.equal(
    text(),
    `<head>${TAGS()}</head><lic-img src="${large}" srcset="${small} 300w, ./${large} 600w" ${sizes}>` +
      `<img src="photo.jpg" srcset="photo-300.jpg 300w, ./photo.jpg 600w" ${sizes} loading="lazy"></lic-img>`,
  );
  assert.equal(text('none.html'), '<img src="photo.jpg" srcset="drawing.png 2x">');
  const plain = '<img src="photo-300.jpg" srcset sizes="5px" loading="lazy"></lic-img>';
  assert.ok(text('plain.html').endsWith(plain));
  assert.match(text('plain.html').slice(0, -plain.length), /^<head>.*<\/head><lic-img src="photo-300\.\w+\.lic">$/);
  assert.match(report.pictures.find(({ file }) => file === 'drawing.png').kept, /^as \.lic it has \d+ bytes$/);
});

test('what is left alone, and why', { skip }, async () => {
  const left = [
    '<img src="drawing.png">',
    '<img src="icon.png">',
    '<img src="none.jpg">',
    '<img src="vector.svg">',
    '<img alt="none">',
    '<img src="">',
    '<img src="data:image/jpeg;base64,AAAA">',
    '<img src="https://example.org/photo.jpg">',
    '<img src="//example.org/photo.jpg">',
    '<img src="http://">',
    '<img src="../photo.jpg.png">',
    '<img src="%2e%2e/%2e%2e/etc/x.png">',
    '<img src="%ff.jpg">',
    '<img src="moving.png">',
    '<img src="photo.jpg" data-lic="off">',
    '<img src="photo.jpg" usemap="#m">',
    '<img src="photo.jpg" ismap>',
    '<noscript><img src="photo.jpg"></noscript>',
    '<picture><source srcset="photo.avif" type="image/avif"><img src="photo.jpg"></picture>',
    '<lic-img src="photo.lic"><img src="photo.jpg"></lic-img>',
    '<script>const text = \'<img src="photo.jpg">\';</script>',
    '<textarea><img src="photo.jpg"></textarea>',
    '<video poster="photo.jpg"></video>',
  ];
  const moving = Buffer.concat([
    pictures['icon.png'].subarray(0, 33),
    Buffer.from('\0\0\0\x08acTL\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1'),
    pictures['icon.png'].subarray(33),
    Buffer.alloc(5000),
  ]);
  const html = `<!doctype html><body>\n${left.join('\n')}\n`;
  const { text, out, report } = await rewrite({
    'index.html': html,
    'moving.png': moving,
    'latin.html': Buffer.from('<p>caf\xe9<img src="photo.jpg">', 'latin1'),
  });
  assert.equal(text(), html);
  assert.ok(readFileSync(join(out, 'latin.html')).equals(Buffer.from('<p>caf\xe9<img src="photo.jpg">', 'latin1')));
  assert.deepEqual([licNames(out), existsSync(join(out, 'lic')), report.runtimeBytes], [[], false, 0]);
  assert.deepEqual(report.warnings, ['latin.html: it is not UTF-8, and stays as it is']);
  const kept = Object.fromEntries(report.pictures.map((one) => [one.file, one.kept]));
  assert.match(kept['drawing.png'], /^as \.lic it has/);
  assert.deepEqual(
    [kept['icon.png'], kept['none.jpg'], kept['moving.png']],
    ['it has less than 4096 bytes', 'it is missing', 'it is animated'],
  );
});

test('again: the same bytes, nothing is encoded; in place: nothing changes any more', { skip }, async () => {
  const { site, out } = makeSite({ 'index.html': '<p><img src="photo.jpg"><img src="drawing.png">' });
  const cache = join(folder, 'own-cache');
  await convert(site, out, { cache });
  const names = () => readdirSync(cache).map((name) => [name, statSync(join(cache, name)).mtimeMs]);
  const facts = () => listFiles(out).map((name) => [name, readFileSync(join(out, name)).toString('base64')]);
  const [cached, written] = [names(), facts()];
  assert.equal(cached.length, 2);
  await convert(site, out, { cache });
  assert.deepEqual([names(), facts()], [cached, written]);
  const report = await convert(out, undefined, { cache });
  assert.deepEqual([report.pages.rewritten, facts()], [0, written]);
  await convert(site, out, { cache, quality: 30 });
  assert.equal(names().length, 4, 'another quality, another file');
  cpSync(join(site, 'index.html'), join(out, 'index.html'));
  await convert(out, undefined, { cache });
  assert.deepEqual(
    facts().filter(([name]) => name === 'index.html'),
    written.filter(([name]) => name === 'index.html'),
  );
});

test('a dry run writes nothing and knows the savings', { skip }, async () => {
  const { site, out } = makeSite({ 'index.html': '<img src="photo.jpg">' });
  const before = listFiles(site);
  const report = await convert(site, out, { dryRun: true });
  assert.deepEqual([listFiles(site), existsSync(out)], [before, false]);
  assert.ok(report.pictures[0].licBytes > 0);
  assert.equal(report.pages.rewritten, 1);
  assert.ok(report.runtimeBytes > 500_000);
});

test('links: to files they count, to folders and out of the site they do not', { skip }, async () => {
  const { site, out } = makeSite({ 'index.html': '<img src="link.jpg"><img src="up/photo.jpg">' });
  symlinkSync(join(site, 'photo.jpg'), join(site, 'link.jpg'));
  symlinkSync(folder, join(site, 'up'));
  await convert(site, out);
  assert.deepEqual(
    licNames(out).map((name) => name.replace(/\.\w{10}\./, '.')),
    ['link.lic'],
  );
  assert.ok(!existsSync(join(out, 'up')));
});

test('malformed pages: nested as browsers would read them, or left alone', { skip }, async () => {
  const { text, report } = await rewrite({
    'index.html':
      '<table><tr><img src="photo.jpg"><td></p><b><p><img src="photo.jpg"></b><select><img src=photo.jpg></table>',
    'foreign.html': '<svg><img src="photo.jpg"><title>x</title>',
    'unfinished.html': '<p><img src="photo.jpg" alt="<img src="photo.jpg">',
  });
  assert.equal(text('foreign.html'), '<svg><img src="photo.jpg"><title>x</title>');
  assert.deepEqual(report.warnings, ['foreign.html: its markup is malformed around a picture, and stays as it is']);
  assert.equal(text().match(/<lic-img src="photo\.\w+\.lic"><img /g).length, 2, 'a list of options has no picture');
  assert.match(
    text('unfinished.html'),
    /<p><lic-img src="photo\.\w+\.lic" alt="<img src=" photo\.jpg"=?.*><img .*><\/lic-img>$/,
  );
});

test('a policy that would stop the decoder is named', { skip }, async () => {
  const { report } = await rewrite({
    'index.html': `<meta http-equiv="Content-Security-Policy" content="script-src 'self'"><img src="photo.jpg">`,
  });
  assert.deepEqual(report.warnings, [
    "index.html: its Content-Security-Policy lacks 'wasm-unsafe-eval', which the decoder needs",
  ]);
});

test('the command: its report, exit statuses and messages', { skip }, () => {
  const { site, out } = makeSite({ 'index.html': '<img src="photo.jpg"><img src="drawing.png">' });
  const cache = ['--lic', LIC, '--cache', join(folder, 'cache')];
  const good = lic(site, '--out', out, ...cache);
  assert.equal(good.status, 0, good.stderr);
  assert.match(
    good.stdout,
    new RegExp(
      [
        '^drawing\\.png: stays, as \\.lic it has \\d+ bytes',
        'photo\\.jpg: \\d+ -> \\d+ bytes, -\\d+\\.\\d %',
        '1 of 1 pages rewritten, 1 of 2 pictures replaced',
        '.*',
        'A visitor who sees',
      ].join('\n'),
    ),
  );
  const json = lic(site, '--out', out, '--json', '--dry-run', ...cache);
  assert.equal(JSON.parse(json.stdout).pictures.length, 2);
  assert.equal(lic(site, '--out', out, '--quiet', ...cache).stdout, '');

  const broken = makeSite({
    'index.html': '<img src="broken.jpg"><img src="photo.jpg">',
    'broken.jpg': Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(9000, 7)]),
  });
  const failed = lic(broken.site, '--out', broken.out, '--quiet', ...cache);
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^failed: broken\.jpg: \S/);
  assert.doesNotMatch(failed.stderr, /tmp|    at /);
  assert.match(readFileSync(join(broken.out, 'index.html'), 'utf8'), /<img src="broken\.jpg"><lic-img/);

  const wrong = [
    [],
    [site],
    [site, site, '--out', out],
    [join(site, 'none'), '--out', out],
    [site, '--out', out, '--in-place'],
    [site, '--out', site],
    [site, '--out', folder],
    [site, '--out', out, '-q', '0'],
    [site, '--out', out, '-q', 'x'],
    [site, '--out', out, '--jobs', ''],
    [site, '--out', out, '--what'],
  ];
  for (const args of wrong) {
    const { status, stderr } = lic(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /^lic-static: [^\n]+\n$/, args.join(' '));
  }
  const missing = lic(site, '--out', out, '--cache', join(folder, 'cache'));
  assert.equal(missing.status, 3);
  assert.match(missing.stderr, /^lic-static: there is no command lic: /);
  const other = lic(site, '--out', out, '--lic', '/bin/false');
  assert.deepEqual([other.status, /does not encode/.test(other.stderr)], [3, true]);
  writeFileSync(join(folder, 'a-file'), '');
  assert.equal(lic(site, '--out', join(folder, 'a-file/below'), ...cache).status, 4);
  assert.match(lic('--help').stdout, /^Usage: lic-static DIR/);
});

test('without an encoder: EncoderMissing', async () => {
  await assert.rejects(
    convertSite({ folder, lic: join(folder, 'none'), cache: join(folder, 'cache') }),
    EncoderMissing,
  );
});

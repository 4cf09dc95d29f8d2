// `npm run bench:gallery [-- FOLDER | PICTURE...] [--rounds N] [--quality Q] [--json]`: a page of pictures in headless
// Chromium, shown by <lic-img>, by @jsquash/avif in the page, and by the browser's own AVIF decoder; and one picture of
// 12 megapixels likewise.
//
//   photos ── lic encode -q 50 ──> .lic ──bytes──> avifenc ──> .avif   (pictures.js; kept in build/bench-gallery)
//   one server, which compresses code as published pages do ──> page.html?kind=...
//       cold: with an empty cache; warm: the same page again
//
// Every page once a round, so that a busy moment meets all; medians. Bytes are those of the bodies that the server has
// sent. Long tasks grow where other programs take the processors; the processor time of the page's thread does not.

import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import esbuild from 'esbuild';
import { chromium } from 'playwright-core';

import { CSP, serve } from '../web/demo/serve.js';
import { makePictures } from './bench-gallery/pictures.js';
import { findChromium } from './demo/chromium.js';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const SOURCES = join(ROOT, 'scripts/bench-gallery');
const KINDS = { lic: '`<lic-img>`', jsquash: 'AVIF, @jsquash/avif', native: 'AVIF, `<img>`' };
const VIEWPORT = { width: 1440, height: 900 };
const DATA = process.env.LIC_TEST_DATA ?? join(ROOT, '../shared/data');

const { values: options, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    quality: { type: 'string', default: '50' },
    work: { type: 'string', default: join(ROOT, 'build/bench-gallery') },
    'no-large': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  allowPositionals: true,
});
const photos = (positionals.length ? positionals : [join(DATA, 'kodak')]).flatMap(listPhotos);
const rounds = Number(options.rounds);
const executablePath = findChromium();
if (!photos.length || !(rounds >= 1) || !executablePath) {
  const why = !executablePath
    ? 'Chromium is missing: install it, or name it in CHROMIUM'
    : 'usage: npm run bench:gallery [-- FOLDER | PICTURE...] [--rounds N] [--quality Q] [--json]';
  console.error(why);
  process.exit(2);
}

const folder = resolve(options.work);
const model = join(ROOT, 'models/lic-photo.enc.licm');
const sets = await makePictures(photos, folder, {
  quality: Number(options.quality),
  large: !options['no-large'],
  model,
});
await makePages();
const report = await measureAll();
if (options.json) console.log(JSON.stringify(report, null, 2));
else print(report);

/** @param {string} path of a picture, or of a folder of them */
function listPhotos(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.(png|jpe?g)$/i.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** Bundled, as users do it. */
async function makePages() {
  mkdirSync(folder, { recursive: true });
  await esbuild.build({
    entryPoints: ['page', ...Object.keys(KINDS)].map((name) => join(SOURCES, `${name}.js`)),
    outdir: folder,
    bundle: true,
    format: 'esm',
    minify: true,
    external: ['/dist/*'],
    logLevel: 'error',
  });
  for (const name of ['page.html', 'page.css']) copyFileSync(join(SOURCES, name), join(folder, name));
  copyFileSync(join(ROOT, 'node_modules/@jsquash/avif/codec/dec/avif_dec.wasm'), join(folder, 'avif_dec.wasm'));
}

async function measureAll() {
  let sent = [];
  const place = relative(ROOT, folder);
  const server = await serve({
    folders: ['dist', 'models', place],
    csp: CSP.replace("img-src 'self'", "img-src 'self' data:"),
    cacheControl: 'max-age=3600',
    compress: true,
    served: (path, bytes) => sent.push({ path, bytes }),
  });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const runs = [];
  // The first of several is not counted: the server compresses, programs come from the disk.
  for (let round = rounds > 1 ? -1 : 0; round < rounds; ++round) {
    for (const set of Object.keys(sets)) {
      for (const kind of Object.keys(KINDS)) {
        const context = await browser.newContext({ viewport: VIEWPORT });
        for (const cache of ['cold', 'warm']) {
          sent = [];
          const { ms, threadMs, tasks, pictures } = await show(
            context,
            `${server.url}${place}/page.html?kind=${kind}&set=${set}`,
          );
          if (round >= 0) runs.push({ set, kind, cache, ms, threadMs, tasks, pictures, bytes: countBytes(sent) });
        }
        await context.close();
      }
    }
  }
  const version = browser.version();
  await browser.close();
  server.close();
  return {
    processor: cpus()[0].model,
    processors: cpus().length,
    chromium: version,
    quality: Number(options.quality),
    rounds,
    results: summarize(runs),
  };
}

/**
 * `threadMs`: processor time of the page's thread.
 * @param {import('playwright-core').BrowserContext} context @param {string} url
 */
async function show(context, url) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  const result = await page.evaluate('result');
  const { metrics } = await session.send('Performance.getMetrics');
  await page.close();
  if (result.error) throw new Error(`${url}: ${result.error}`);
  return { ...result, threadMs: 1000 * metrics.find(({ name }) => name === 'TaskDuration').value };
}

/** @param {{path: string, bytes: number}[]} sent */
function countBytes(sent) {
  const sum = (/** @type {RegExp} */ names) =>
    sent.filter(({ path }) => names.test(path)).reduce((total, { bytes }) => total + bytes, 0);
  return { code: sum(/\.(html|css|js|json|wasm)$/), model: sum(/\.licm$/), pictures: sum(/\.(lic|avif)$/) };
}

function summarize(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = `${run.set} ${run.kind} ${run.cache}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const { set, kind, cache, pictures, bytes } = group[0];
    const long = group.map(({ tasks }) => tasks.filter((ms) => ms > 50));
    return {
      set,
      kind,
      cache,
      pictures,
      ms: median(group.map(({ ms }) => ms)),
      thread_ms: median(group.map(({ threadMs }) => threadMs)),
      bytes: { ...bytes, total: bytes.code + bytes.model + bytes.pictures },
      long_tasks: median(long.map((tasks) => tasks.length)),
      long_tasks_ms: median(long.map((tasks) => tasks.reduce((sum, ms) => sum + ms, 0))),
    };
  });
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Markdown, for web/README.md. */
function print({ processor, processors, chromium: version, quality, results }) {
  const find = (set, kind, cache) =>
    results.find((result) => result.set === set && result.kind === kind && result.cache === cache);
  console.log(
    `${processor}, ${processors} processors, Chromium ${version}, quality ${quality}, ` +
      `medians of ${rounds} rounds; long tasks are those over 50 ms.`,
  );
  for (const set of new Set(results.map((result) => result.set))) {
    const { pictures } = find(set, 'lic', 'cold');
    console.log(`\n${pictures === 1 ? '1 picture of 12 megapixels' : `${pictures} pictures`}:\n`);
    table(
      [
        '',
        'all painted, cold',
        'warm',
        'code',
        'weights',
        'pictures',
        "page's thread, cold",
        'long tasks, cold',
        'warm',
      ],
      Object.keys(KINDS).map((kind) => {
        const [cold, warm] = ['cold', 'warm'].map((cache) => find(set, kind, cache));
        const tasks = ({ long_tasks: count, long_tasks_ms: ms }) => (count ? `${count}, ${ms.toFixed(0)} ms` : 'none');
        const bytes = ['code', 'model', 'pictures'].map((part) => `${(cold.bytes[part] / 1000).toFixed(0)} kB`);
        return [
          KINDS[kind],
          `${cold.ms.toFixed(0)} ms`,
          `${warm.ms.toFixed(0)} ms`,
          ...bytes,
          `${cold.thread_ms.toFixed(0)} ms`,
          tasks(cold),
          tasks(warm),
        ];
      }),
    );
    console.log();
    table(
      ['`<lic-img>` against', 'all painted, cold', 'warm', 'bytes, cold', "page's thread, cold", 'long tasks, cold'],
      ['jsquash', 'native'].map((kind) => {
        const ratio = (cache, valueOf) =>
          valueOf(find(set, kind, cache))
            ? (valueOf(find(set, 'lic', cache)) / valueOf(find(set, kind, cache))).toFixed(2)
            : '-';
        return [
          KINDS[kind],
          ratio('cold', ({ ms }) => ms),
          ratio('warm', ({ ms }) => ms),
          ratio('cold', ({ bytes }) => bytes.total),
          ratio('cold', (result) => result.thread_ms),
          ratio('cold', (result) => result.long_tasks_ms),
        ];
      }),
    );
  }
}

/** @param {string[]} head @param {(string | number)[][]} rows */
function table(head, rows) {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

// `npm run bench [-- PICTURE.lic ...] [--rounds N] [--json]`: how long decoding takes in Node on one thread, beside the
// WebAssembly decoders of AVIF, JPEG XL and WebP (jSquash), and what each has to load.
//
//   .lic ── decode() ──> pixels ──> AVIF, JPEG XL, WebP of about the same bytes
//                                        │
//   rounds: every decoder once a round, so that a busy moment meets all ──> medians, ratios
//
// The rivals encode the picture that LIC decoded: decoding times depend on size and bytes, hardly on contents. The
// native decoder is timed too where it is built, by the clock of `lic verify`.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';

import { decode } from 'lic-codec';

import { RIVALS, encodeNear } from './bench-rivals.js';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const NATIVE = join(ROOT, 'build/release/native/lic');

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const pictures = positionals.length ? positionals : listSamples();
const rounds = Number(options.rounds);
if (!pictures.length || !(rounds >= 1)) {
  console.error('usage: npm run bench [-- PICTURE.lic ...] [--rounds N] [--json]');
  process.exit(2);
}

const decoders = { lic: { label: 'LIC', decode }, ...RIVALS };
const results = [];
for (const picture of pictures) results.push(await benchPicture(picture));
const sizes = Object.entries(decoders).map(([key, { label, files }]) => ({
  decoder: label,
  ...measureSizes(key === 'lic' ? licFiles() : files()),
}));
sizes.splice(1, 0, { decoder: "LIC's model", ...measureSizes(listModels()) });
if (options.json)
  console.log(
    JSON.stringify({ processor: cpus()[0].model, node: process.version, rounds, pictures: results, sizes }, null, 2),
  );
else print();

function listSamples() {
  const folder = join(ROOT, 'samples');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.lic'))
        .map((name) => join(folder, name))
    : [];
}

/** @param {string} path of a .lic file */
async function benchPicture(path) {
  const lic = readFileSync(path);
  const { width, height, data } = await decode(lic);
  const files = { lic };
  for (const [key, rival] of Object.entries(RIVALS))
    files[key] = await encodeNear(rival, { width, height, data }, lic.length);

  const times = Object.fromEntries(Object.keys(decoders).map((key) => [key, []]));
  const native = [];
  for (let round = -1; round < rounds; ++round) {
    for (const [key, { decode: decodeWith }] of Object.entries(decoders)) {
      const start = performance.now();
      await decodeWith(files[key]);
      if (round >= 0) times[key].push(performance.now() - start);
    }
    if (round >= 0 && existsSync(NATIVE)) native.push(decodeNatively(path));
  }
  const megapixels = (width * height) / 1e6;
  const perMegapixel = Object.fromEntries(
    Object.entries(times).map(([key, values]) => [key, median(values) / megapixels]),
  );
  const bytes = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, file.length ?? file.byteLength]));
  const nativeMs = native.length ? median(native) / megapixels : null;
  return {
    picture: basename(path),
    width,
    height,
    bytes,
    ms_per_megapixel: perMegapixel,
    native_ms_per_megapixel: nativeMs,
  };
}

/**
 * The decoder alone, after a first run of its entropy half, as the others run after a first decode.
 * @param {string} path
 */
function decodeNatively(path) {
  return JSON.parse(execFileSync(NATIVE, ['verify', path, '--json'], { encoding: 'utf8' })).decode_ms;
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** What a browser loads for a decode in a worker. */
function licFiles() {
  const dist = join(ROOT, 'dist');
  const others =
    /^((node|node-worker|workerd|service-worker|(node-|workerd-)?inline|embedded-\w+)\.js|lic-relaxed\.wasm)$/;
  return readdirSync(dist)
    .filter((name) => /\.(js|wasm)$/.test(name) && !others.test(name))
    .map((name) => join(dist, name));
}

function listModels() {
  return [join(ROOT, 'models/lic-photo.dec.licm')];
}

/** @param {string[]} files */
function measureSizes(files) {
  const contents = files.map((file) => readFileSync(file));
  const sum = (sizeOf) => contents.reduce((total, content) => total + sizeOf(content), 0);
  return {
    bytes: sum((content) => content.length),
    brotli_bytes: sum((content) => brotliCompressSync(content).length),
  };
}

function print() {
  console.log(`${cpus()[0].model}, Node ${process.version}, one thread, medians of ${rounds} rounds\n`);
  console.log('ms per megapixel (bytes of the file):\n');
  const labels = Object.values(decoders).map(({ label }) => label);
  table(
    ['picture', ...labels, 'LIC native', ...labels.slice(1).map((label) => `LIC / ${label}`)],
    results.map(({ picture, bytes, ms_per_megapixel: ms, native_ms_per_megapixel: native }) => [
      picture,
      ...Object.keys(decoders).map((key) => `${ms[key].toFixed(0)} (${bytes[key]})`),
      native === null ? 'not built' : native.toFixed(0),
      ...Object.keys(RIVALS).map((key) => (ms.lic / ms[key]).toFixed(2)),
    ]),
  );
  console.log('\nwhat a page loads, in bytes:\n');
  table(
    ['decoder', 'raw', 'brotli'],
    sizes.map(({ decoder, bytes, brotli_bytes: brotli }) => [decoder, bytes, brotli]),
  );
}

/** A Markdown table. @param {string[]} head @param {(string | number)[][]} rows */
function table(head, rows) {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

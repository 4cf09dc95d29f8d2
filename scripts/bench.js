// `npm run bench [-- PICTURE.lic ...] [--rounds N] [--cold-rounds N] [--effort E] [--json]`: how long decoding takes in
// Node on one thread, beside the WebAssembly decoders of AVIF, JPEG XL and WebP (jSquash), and what each has to load.
//
//   .lic ── decode() ──> pixels ──> the other coding of LIC, AVIF, JPEG XL, WebP of about the same bytes
//                                        │
//   rounds: every decoder once a round, so that a busy moment meets all ──> medians, ratios
//     warm: in this process, which has decoded before    cold: each time in a new process
//
// The others encode the picture that LIC decoded: decoding times depend on size and bytes, hardly on contents. The
// native command makes the other coding's file and is timed too, by the clock of `lic verify`. An overfitted file takes
// longer to decode the less its encoder has worked, so --effort counts: 4 where it is not given. That takes minutes,
// which files that are overfitted already save.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { decode, info } from 'lic-codec';

import { RIVALS, encodeNear } from './bench-rivals.js';
import { measureSizes, pageFiles } from './bench-sizes.js';
import { toPng } from './png.js';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const NATIVE = process.env.LIC_COMMAND ?? join(ROOT, 'build/release/native/lic');
const COLD = join(ROOT, 'scripts/bench-cold.js');
const CODINGS = { overfitted: 'LIC, overfitted', autoencoder: 'LIC, lic-photo' };

const { values: options, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    'cold-rounds': { type: 'string', default: '5' },
    effort: { type: 'string', default: '4' },
    json: { type: 'boolean' },
  },
  allowPositionals: true,
});
const pictures = positionals.length ? positionals : listSamples();
const [rounds, coldRounds] = [Number(options.rounds), Number(options['cold-rounds'])];
if (!pictures.length || !(rounds >= 1) || !(coldRounds >= 1)) {
  console.error('usage: npm run bench [-- PICTURE.lic ...] [--rounds N] [--cold-rounds N] [--effort E] [--json]');
  process.exit(2);
}
if (!existsSync(NATIVE)) {
  console.error(`${NATIVE} is not there, which makes files of the other coding: scripts/build.sh release`);
  process.exit(1);
}

const ENCODINGS = { overfitted: ['--overfit', '--effort', options.effort], autoencoder: [] };
const decoders = {
  ...Object.fromEntries(Object.entries(CODINGS).map(([key, label]) => [key, { label, decode }])),
  ...RIVALS,
};
const scratch = mkdtempSync(join(tmpdir(), 'lic-bench-'));
const results = [];
try {
  for (const picture of pictures) results.push(await benchPicture(picture));
} finally {
  rmSync(scratch, { recursive: true });
}
const sizes = Object.entries(decoders).map(([key, { label, files }]) => {
  const { code, weights } = key in CODINGS ? pageFiles(ROOT, key) : { code: files(), weights: [] };
  return { decoder: label, code: measureSizes(code), weights: measureSizes(weights) };
});
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
  const paths = await makeFiles(path);
  const files = Object.fromEntries(Object.entries(paths).map(([key, file]) => [key, readFileSync(file)]));
  const { width, height } = await info(files.overfitted);
  const [warm, cold, native] = [{}, {}, {}];
  const keep = (times, key, ms) => (times[key] ??= []).push((ms * 1e6) / (width * height));
  for (let round = -1; round < rounds; ++round) {
    for (const [key, { decode: decodeWith }] of Object.entries(decoders)) {
      const start = performance.now();
      await decodeWith(files[key]);
      if (round >= 0) keep(warm, key, performance.now() - start);
    }
    for (const key of Object.keys(CODINGS)) if (round >= 0) keep(native, key, decodeNatively(paths[key]));
  }
  for (let round = 0; round < coldRounds; ++round) {
    for (const key of Object.keys(decoders))
      keep(cold, key, Number(execFileSync(process.execPath, [COLD, key, paths[key]], { encoding: 'utf8' })));
  }
  const medians = (times) => Object.fromEntries(Object.entries(times).map(([key, values]) => [key, median(values)]));
  return {
    picture: basename(path),
    width,
    height,
    bytes: Object.fromEntries(Object.entries(files).map(([key, file]) => [key, file.length])),
    ms_per_megapixel: medians(warm),
    cold_ms_per_megapixel: medians(cold),
    native_ms_per_megapixel: medians(native),
  };
}

/**
 * Files of about the same bytes by each codec.
 * @param {string} path of a .lic file, which is one of them
 * @returns {Promise<Record<string, string>>} paths
 */
async function makeFiles(path) {
  const lic = readFileSync(path);
  const { coding } = await info(lic);
  const picture = await decode(lic);
  const png = join(scratch, 'picture.png');
  writeFileSync(png, toPng(picture));
  const paths = { [coding]: path };
  for (const [key, parameters] of Object.entries(ENCODINGS)) {
    if (key === coding) continue;
    paths[key] = join(scratch, `${key}.lic`);
    const target = ['--target-size', String(lic.length)];
    execFileSync(NATIVE, ['encode', png, '-o', paths[key], ...parameters, ...target, '--quiet']);
  }
  for (const [key, rival] of Object.entries(RIVALS)) {
    paths[key] = join(scratch, key);
    writeFileSync(paths[key], await encodeNear(rival, picture, lic.length));
  }
  return paths;
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

function print() {
  const labels = Object.values(decoders).map(({ label }) => label);
  const keys = Object.keys(decoders);
  console.log(`${cpus()[0].model}, Node ${process.version}, one thread, medians of ${rounds} rounds\n`);
  console.log('warm, ms per megapixel (bytes of the file):\n');
  table(
    ['picture', ...labels, ...Object.values(CODINGS).map((label) => `${label}, native`)],
    results.map(({ picture, bytes, ms_per_megapixel: ms, native_ms_per_megapixel: native }) => [
      picture,
      ...keys.map((key) => `${ms[key].toFixed(0)} (${bytes[key]})`),
      ...Object.keys(CODINGS).map((key) => native[key].toFixed(0)),
    ]),
  );
  console.log(`\ncold, in a new process, ms per megapixel, medians of ${coldRounds}:\n`);
  table(
    ['picture', ...labels],
    results.map(({ picture, cold_ms_per_megapixel: ms }) => [picture, ...keys.map((key) => ms[key].toFixed(0))]),
  );
  console.log('\ntimes what a rival takes, medians of the pictures:\n');
  table(['', ...Object.values(RIVALS).flatMap(({ label }) => [`${label}, warm`, `${label}, cold`])], ratioRows());
  console.log('\nwhat a page loads to decode, in bytes:\n');
  table(
    ['decoder', 'code', 'code, brotli', 'weights', 'weights, brotli'],
    sizes.map(({ decoder, code, weights }) => [
      decoder,
      ...[code, weights].flatMap(({ bytes, brotli_bytes: brotli }) => [bytes, brotli]),
    ]),
  );
}

/** A row for each coding: its times over those of each rival. */
function ratioRows() {
  const ratio = (times, key, rival) => median(results.map((of) => of[times][key] / of[times][rival])).toFixed(2);
  return Object.entries(CODINGS).map(([key, label]) => [
    label,
    ...Object.keys(RIVALS).flatMap((rival) =>
      ['ms_per_megapixel', 'cold_ms_per_megapixel'].map((times) => ratio(times, key, rival)),
    ),
  ]);
}

/** A Markdown table. @param {string[]} head @param {(string | number)[][]} rows */
function table(head, rows) {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

// Called by scripts/demo.sh: node scripts/demo/main.js [--browser auto|yes|no] PHOTO...
//
//   photo ── lic encode ──> .lic ──┬── lic decode ──────> pixels ──┐
//     │                            ├── dist/node.js ────> pixels ──┼── largest difference ──> table
//     │                            └── Chromium ────────> pixels ──┘
//     ├── pixels ── cjpeg, avifenc ──> files of the same size ──┬──> demo-out/, manifest.json
//     ├── lic encode -m lic-visual, --overfit ──> the same size ─┤
//     └── lic encode -q 1, 10, ... 100 ──> files of the dial ────┘

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { decode } from '../../dist/node.js';
import { toPng } from '../png.js';
import { findChromium, startChromium } from './chromium.js';
import { makeOverfitted, makeVisual } from './codings.js';
import { runLic } from './commands.js';
import { makeDial } from './dial.js';
import { readPhoto } from './photo.js';
import { isPng, largestDifference, readPnm } from './pixels.js';
import { makeAvif, makeJpeg } from './rivals.js';
import { printTable } from './table.js';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const QUALITY = 50;

const { values: options, positionals: photos } = parseArgs({
  options: { browser: { type: 'string', default: 'auto' } },
  allowPositionals: true,
});

let failed = false;

/** @param {string} what @param {unknown} error */
function complain(what, error) {
  failed = true;
  console.error(`error: ${what}: ${error instanceof Error ? error.message : error}`);
}

// Results appear in demo-out/ when all are there; until then an earlier demo's stay.
const folder = join(ROOT, `build/demo-${process.pid}`);
const scratch = join(folder, 'scratch');
mkdirSync(scratch, { recursive: true });
const chromium = await openChromium();
const entries = [];
const rows = [];
for (const photo of photos) {
  try {
    const { entry, row } = await showPhoto(photo, freeName(photo));
    entries.push(entry);
    rows.push(row);
  } catch (error) {
    complain(photo, error);
  }
}
await chromium?.close();
rmSync(scratch, { recursive: true });
if (rows.length) {
  printTable(rows);
  publish();
} else {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;

async function openChromium() {
  if (options.browser === 'no') return null;
  const path = findChromium();
  if (!path) {
    if (options.browser === 'yes') complain('Chromium', 'it is missing');
    else console.error('Chromium is not here and is left out; --with-browser installs it');
    return null;
  }
  try {
    return await startChromium(path);
  } catch (error) {
    complain(path, error);
    return null;
  }
}

/**
 * A name for the photo's files, good in URLs, that no earlier photo has.
 * @param {string} photo
 */
function freeName(photo) {
  const base = parse(photo).name.replace(/[^\p{L}\p{N}._-]+/gu, '_') || 'photo';
  const taken = new Set(entries.map(({ name }) => name));
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
  return name;
}

/** @param {string} photo @param {string} name */
async function showPhoto(photo, name) {
  const file = join(folder, `${name}.lic`);
  const encoded = runLic('encode', photo, '-o', file, '-q', String(QUALITY));
  const pixelFile = join(scratch, 'native.pam');
  const native = runLic('decode', file, '-o', pixelFile);
  const nativePixels = readPnm(pixelFile);
  runLic('decode', file, '-o', join(folder, `${name}.png`));
  const verified = runLic('verify', file, '--against', photo);
  const inNode = await decodeHere(file);
  const inChromium = await chromium?.decode(file);
  const row = {
    name,
    size: `${encoded.width} x ${encoded.height}`,
    bytes: encoded.bytes,
    bpp: encoded.bpp,
    psnr: verified.psnr,
    ssim: verified.ssim,
    encodeMs: encoded.ms,
    nativeMs: native.ms,
    nodeMs: inNode.ms,
    nodeDifference: largestDifference(nativePixels, inNode.pixels),
    chromiumMs: inChromium?.ms,
    chromiumDifference: inChromium && largestDifference(nativePixels, inChromium.pixels),
  };
  const lic = { ...describe(`${name}.lic`), quality: QUALITY, psnr: verified.psnr };
  const others = {
    ...besides(photo, name, encoded.bytes),
    ...codingsOf(photo, name, encoded),
    ...dialOf(photo, name, lic),
  };
  return { entry: { name, width: encoded.width, height: encoded.height, lic, ...others }, row };
}

/** As in Chromium the second decode is timed. @param {string} file */
async function decodeHere(file) {
  const bytes = readFileSync(file);
  await decode(bytes);
  const start = performance.now();
  const pixels = await decode(bytes);
  return { ms: performance.now() - start, pixels };
}

/**
 * The original and the JPEG and AVIF files for the demo page. LIC can do without them: what fails is named and left
 * out.
 * @param {string} photo @param {string} name @param {number} bytes what the others shall weigh
 */
function besides(photo, name, bytes) {
  const made = {};
  try {
    const picture = readPhoto(photo, scratch);
    made.original = keepOriginal(photo, name, picture);
    for (const [key, make] of Object.entries({ jpeg: makeJpeg, avif: makeAvif })) {
      const file = `${name}.${key === 'jpeg' ? 'jpg' : key}`;
      make(picture, bytes, join(folder, file), scratch);
      made[key] = describe(file);
    }
  } catch (error) {
    console.error(`warning: ${photo}: nothing to compare with: ${error instanceof Error ? error.message : error}`);
  }
  return made;
}

/** The files of the other codings, which the page can do without too. */
function codingsOf(photo, name, { bytes, width, height }) {
  const made = {};
  const makers = {
    visual: () => makeVisual(photo, name, folder, bytes),
    overfitted: () => makeOverfitted(photo, name, folder, bytes, width * height),
  };
  for (const [key, make] of Object.entries(makers)) {
    try {
      made[key] = make();
    } catch (error) {
      console.error(`warning: ${photo}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return made;
}

/** The files of the quality dial, which the page can do without too. */
function dialOf(photo, name, lic) {
  try {
    return { dial: makeDial(photo, name, folder, lic) };
  } catch (error) {
    console.error(`warning: ${photo}: no quality dial: ${error instanceof Error ? error.message : error}`);
    return {};
  }
}

/** A copy of the photo, or a PNG of one that browsers do not show. */
function keepOriginal(photo, name, picture) {
  const bytes = readFileSync(photo);
  const isJpeg = bytes[0] === 0xff;
  const file = `${name}.original.${isJpeg ? 'jpg' : 'png'}`;
  writeFileSync(join(folder, file), isJpeg || isPng(bytes) ? bytes : toPng(picture));
  return describe(file);
}

/** @param {string} file in the folder */
function describe(file) {
  return { file, bytes: statSync(join(folder, file)).size };
}

function publish() {
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(entries, null, 1)}\n`);
  const place = join(ROOT, 'demo-out');
  if (existsSync(place)) rmSync(place, { recursive: true });
  renameSync(folder, place);
  console.log(
    `\npictures, .lic files of three codings and, of about the same size, JPEG and AVIF files are in ${place}`,
  );
}

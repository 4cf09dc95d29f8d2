// The pictures that scripts/demo.sh hands to other encoders are those that `lic` encodes: equal .lic files come of
// both.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { makeDial } from '../../../scripts/demo/dial.js';
import { readPhoto } from '../../../scripts/demo/photo.js';
import { largestDifference, parsePng, parsePnm, writePpm } from '../../../scripts/demo/pixels.js';
import { makeAvif, makeJpeg } from '../../../scripts/demo/rivals.js';
import { toPng } from '../../../scripts/png.js';
import { rootPath } from '../support/vectors.js';

const LIC = rootPath('build/release/native/lic');
const MODEL = rootPath('tests/models/tiny.dec.licm');
const [WIDTH, HEIGHT] = [75, 52];

const missing = [
  ...['cjpeg', 'djpeg', 'jpegexiforient', 'avifenc'].filter((program) => spawnSync(program, ['-version']).error),
  ...[LIC].filter((path) => !existsSync(path)),
];
const skip = missing.length > 0 && `missing: ${missing.join(', ')}`;

const folder = mkdtempSync(join(tmpdir(), 'lic-demo-'));
after(() => rmSync(folder, { recursive: true }));
const inFolder = (name) => join(folder, name);

/** Slopes and steps, unlike under every turn. */
function makePicture() {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    data.set([x * 3, y * 4, (x * y) % 200, 255], i * 4);
  }
  return { width: WIDTH, height: HEIGHT, data };
}

/** A JPEG file, with Exif of an orientation and with a profile if they are given. */
function makePhoto(name, { orientation, profile } = {}) {
  writePpm(inFolder('source.ppm'), makePicture());
  const path = inFolder(name);
  const options = [];
  if (profile) {
    writeFileSync(inFolder('profile.icc'), profile);
    options.push('-icc', inFolder('profile.icc'));
  }
  execFileSync('cjpeg', ['-quality', '95', ...options, '-outfile', path, inFolder('source.ppm')]);
  if (!orientation) return path;
  const tiff = Buffer.from([
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 8 + tiff.length]), Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const jpeg = readFileSync(path);
  writeFileSync(path, Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]));
  return path;
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function makePng({ depth, type, lines, extra = [] }) {
  const chunk = (name, payload) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), payload]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(payload.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([depth, type], 8);
  const chunks = [['IHDR', header], ...extra, ['IDAT', deflateSync(lines)], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...chunks.map(([name, payload]) => chunk(name, payload)),
  ]);
}

function encode(path) {
  execFileSync(LIC, ['encode', path, '-o', inFolder('out.lic'), '-m', MODEL, '--quiet']);
  return readFileSync(inFolder('out.lic'));
}

/** Asserts that `lic` makes the same of a photo and of what the demo reads from it. */
function assertSameAsLic(path) {
  writePpm(inFolder('read.ppm'), readPhoto(path, folder));
  assert.ok(encode(path).equals(encode(inFolder('read.ppm'))), path);
}

test('JPEG photos of every orientation', { skip }, () => {
  for (let orientation = 1; orientation <= 8; orientation++)
    assertSameAsLic(makePhoto(`turned-${orientation}.jpg`, { orientation }));
  assertSameAsLic(makePhoto('plain.jpg'));
});

test('the profile of a photo is kept for the other files', { skip }, () => {
  const profile = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * i) & 255));
  assert.deepEqual(readPhoto(makePhoto('profile.jpg', { profile }), folder).icc, profile);
  assert.equal(readPhoto(makePhoto('none.jpg'), folder).icc, null);
  const iccp = ['iCCP', Buffer.concat([Buffer.from('a\0\0', 'latin1'), deflateSync(profile)])];
  assert.deepEqual(
    parsePng(makePng({ depth: 8, type: 0, lines: Buffer.alloc((WIDTH + 1) * HEIGHT), extra: [iccp] })).icc,
    profile,
  );
});

test('PNG: filters, depths and palettes', { skip }, () => {
  const random = (() => {
    let state = 1;
    return () => (state = (state * 48271) % 2147483647) & 255;
  })();
  const makeLines = (stride) => {
    const lines = Buffer.alloc(HEIGHT * (stride + 1));
    for (let i = 0; i < lines.length; i++) lines[i] = i % (stride + 1) ? random() : Math.floor(i / (stride + 1)) % 5;
    return lines;
  };
  const palette = ['PLTE', Buffer.from(Array.from({ length: 768 }, random))];
  const kinds = {
    colour: { depth: 8, type: 2, lines: makeLines(WIDTH * 3) },
    'palette of 256': { depth: 8, type: 3, lines: makeLines(WIDTH), extra: [palette] },
    'palette of 16': { depth: 4, type: 3, lines: makeLines(Math.ceil(WIDTH / 2)), extra: [palette] },
    'palette of 2': { depth: 1, type: 3, lines: makeLines(Math.ceil(WIDTH / 8)), extra: [palette] },
  };
  for (const [name, kind] of Object.entries(kinds)) {
    writeFileSync(inFolder(`${name}.png`), makePng(kind));
    assertSameAsLic(inFolder(`${name}.png`));
  }
});

test('PNG: grey, alpha and 16 bits', () => {
  const samples = (kind) => [
    ...parsePng(
      makePng({ ...kind, lines: Buffer.alloc(HEIGHT * (kind.line.length + 1), Buffer.from([0, ...kind.line])) }),
    ).data.subarray(0, 8),
  ];
  const repeat = (bytes) => Array.from({ length: WIDTH }, () => bytes).flat();
  assert.deepEqual(samples({ depth: 8, type: 0, line: repeat([7]) }), [7, 7, 7, 255, 7, 7, 7, 255]);
  assert.deepEqual(samples({ depth: 8, type: 4, line: repeat([7, 9]) }), [7, 7, 7, 9, 7, 7, 7, 9]);
  assert.deepEqual(samples({ depth: 8, type: 6, line: repeat([1, 2, 3, 4]) }), [1, 2, 3, 4, 1, 2, 3, 4]);
  assert.deepEqual(samples({ depth: 16, type: 2, line: repeat([1, 99, 2, 99, 3, 99]) }), [1, 2, 3, 255, 1, 2, 3, 255]);
  assert.deepEqual(samples({ depth: 2, type: 0, line: Array(19).fill(0b00011011) }), [0, 0, 0, 255, 85, 85, 85, 255]);
});

test('PNM headers, and files that end too early', () => {
  assert.deepEqual([...parsePnm(Buffer.from('P6 # made\n1 1\n# by hand\n255\nabc', 'latin1')).data], [97, 98, 99, 255]);
  assert.deepEqual([...parsePnm(Buffer.from('P5\n1 1 255\na', 'latin1')).data], [97, 97, 97, 255]);
  const pam = 'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd';
  assert.deepEqual([...parsePnm(Buffer.from(pam, 'latin1')).data], [97, 98, 99, 100]);
  for (const text of ['P6 1 1 255\nab', 'P6 1 1 65535\nabcdef', 'P6 1', 'GIF89a']) {
    assert.throws(() => parsePnm(Buffer.from(text, 'latin1')), Error, text);
  }
  const png = toPng(makePicture());
  for (const length of [8, 30, png.length - 40])
    assert.throws(() => parsePng(png.subarray(0, length)), Error, String(length));
});

test('the largest difference', () => {
  const [a, b] = [makePicture(), makePicture()];
  assert.equal(largestDifference(a, b), 0);
  b.data[1234] += 3;
  assert.equal(largestDifference(a, b), 3);
  assert.throws(() => largestDifference(a, { ...b, width: b.width - 1 }));
});

test('JPEG and AVIF files are the smallest that are not below the size', { skip }, () => {
  const photo = { ...makePicture(), icc: null };
  for (const [make, name] of [
    [makeJpeg, 'rival.jpg'],
    [makeAvif, 'rival.avif'],
  ]) {
    const sizeFor = (bytes) => {
      make(photo, bytes, inFolder(name), folder);
      return statSync(inFolder(name)).size;
    };
    const [least, most] = [sizeFor(1), sizeFor(1e9)];
    assert.ok(least < most, name);
    const middle = sizeFor((least + most) / 2);
    assert.ok(middle >= (least + most) / 2 && middle < most, name);
    assert.equal(sizeFor(middle), middle, name);
    assert.ok(sizeFor(middle + 1) > middle, name);
  }
});

test(
  'the dial: a file for each quality, and the one that is there',
  { skip: !existsSync(LIC) && `missing: ${LIC}` },
  () => {
    writePpm(inFolder('dial.ppm'), makePicture());
    const present = { quality: 50, file: 'there.lic', bytes: 1, psnr: 30 };
    const dial = makeDial(inFolder('dial.ppm'), 'dial', folder, present);
    const qualities = dial.map(({ quality }) => quality);
    assert.deepEqual([qualities[0], qualities.at(-1)], [1, 100]);
    assert.deepEqual(
      qualities,
      qualities.toSorted((a, b) => a - b),
    );
    assert.equal(dial.filter((step) => step === present).length, 1);
    const others = dial.filter((step) => step !== present);
    for (const { file, bytes, psnr } of others) {
      assert.equal(statSync(inFolder(file)).size, bytes);
      assert.ok(psnr > 5 && psnr < 60, `${file}: ${psnr} dB`);
    }
    assert.ok(others.at(-1).bytes > others[0].bytes);
    assert.throws(() => makeDial(inFolder('none.ppm'), 'none', folder, present), /io_error/);
  },
);

// Complaints about commands: pictures that come out turned or without their metadata, tools that scripts cannot use.
// The list: README.md in this folder.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import sharp from 'sharp';

import { configure, decode, info } from 'lic-codec';

import { LIC, skip } from '../server/site.js';
import { rootPath } from '../support/vectors.js';

const MODEL = ['--model', rootPath('tests/models/tiny.enc.licm'), '--effort', '0'];
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>';
// By Exif: mirrored at first, then turned clockwise.
const TURNS = {
  1: [0, false],
  2: [0, true],
  3: [180, false],
  4: [180, true],
  5: [270, true],
  6: [90, false],
  7: [90, true],
  8: [270, false],
};

let folder;

before(() => {
  configure({ models: rootPath('tests/models/tiny.dec.licm') });
  folder = mkdtempSync(join(tmpdir(), 'lic-command-'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

const lic = (args, options) => execFileSync(LIC, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], ...options });
const lines = (output) =>
  output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** A picture without symmetry, as a camera stores it that was held in another way. */
function photograph(orientation = 1) {
  const [width, height] = [192, 128];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; ++i) {
    const [x, y] = [i % width, Math.floor(i / width)];
    pixels.set([x, y * 2, x < 60 && y < 40 ? 220 : 40], i * 3);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .withExifMerge({ IFD0: { Copyright: 'Somebody' } })
    .withXmp(XMP)
    .withIccProfile('p3')
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** The mean difference of decoded pixels from a picture that has been turned. */
async function differ(picture, jpeg, [angle, mirror]) {
  const stored = sharp(await sharp(jpeg).keepIccProfile().raw().toBuffer(), {
    raw: { width: 192, height: 128, channels: 3 },
  });
  const { data, info } = await (mirror ? sharp(await stored.flop().png().toBuffer()) : stored)
    .rotate(angle)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== picture.width || info.height !== picture.height) return Infinity;
  let sum = 0;
  for (let i = 0; i < data.length; ++i) sum += Math.abs(data[i] - picture.data[Math.floor(i / 3) * 4 + (i % 3)]);
  return sum / data.length;
}

test(
  'complaint 14: orientation and metadata are lost. Here all eight orientations come out upright',
  { skip },
  async () => {
    for (const orientation of Object.keys(TURNS)) {
      const jpeg = await photograph(Number(orientation));
      assert.equal((await sharp(jpeg).metadata()).orientation, Number(orientation));
      const picture = await decode(
        lic(['encode', '-', '-o', '-', '--keep-icc', '-q', '90', ...MODEL], { input: jpeg }),
      );
      const differences = Object.fromEntries(
        await Promise.all(Object.entries(TURNS).map(async ([name, turn]) => [name, await differ(picture, jpeg, turn)])),
      );
      const [best] = Object.entries(differences).sort(([, a], [, b]) => a - b)[0];
      assert.equal(best, orientation, JSON.stringify(differences));
      assert.equal(picture.colorSpace, 'display-p3');
    }
  },
);

test(
  'complaint 14: orientation and metadata are lost. Here profile, Exif and XMP are kept where one asks, to the PNG',
  { skip },
  async () => {
    writeFileSync(join(folder, 'camera.jpg'), await photograph(6));
    lic(['encode', 'camera.jpg', '-o', 'kept.lic', '--keep-icc', '--keep-exif', '--keep-xmp', ...MODEL]);
    const { profile, width, height } = await info(join(folder, 'kept.lic'));
    assert.deepEqual([profile.colorSpace, width, height], ['display-p3', 128, 192]);
    lic(['decode', 'kept.lic', '-o', 'kept.png', '--model', rootPath('tests/models/tiny.dec.licm')]);
    const { orientation = 1, exif, xmp, icc } = await sharp(join(folder, 'kept.png')).metadata();
    assert.equal(orientation, 1, 'the pixels are turned already');
    assert.ok(exif.includes('Somebody') && xmp.equals(Buffer.from(XMP)) && icc.length > 0);
    lic(['encode', 'camera.jpg', '-o', 'bare.lic', ...MODEL]);
    assert.ok(
      !readFileSync(join(folder, 'bare.lic')).includes('Somebody'),
      'unless asked for, nothing of it is handed on',
    );
  },
);

test(
  'complaint 19: the tool is not for scripts. Here: folders with folders, standard input and output, sizes, JSON',
  { skip },
  async () => {
    const jpeg = await photograph();
    mkdirSync(join(folder, 'in/deep'), { recursive: true });
    for (const name of ['a.jpg', 'b.jpg', 'deep/c.jpg']) writeFileSync(join(folder, 'in', name), jpeg);
    writeFileSync(join(folder, 'in/notes.txt'), 'no picture');
    const reports = lines(lic(['encode', 'in', '--recursive', '--out-dir', 'out', '-j', '2', '--json', ...MODEL]));
    assert.deepEqual(
      readdirSync(join(folder, 'out'), { recursive: true })
        .filter((name) => name.endsWith('.lic'))
        .sort(),
      ['a.lic', 'b.lic', 'deep/c.lic'],
    );
    assert.equal(reports.length, 3);
    for (const { output, bytes, width, height, quality } of reports) {
      assert.deepEqual([bytes, width, height, quality], [statSync(join(folder, output)).size, 192, 128, 50]);
    }
    const piped = lic(['encode', '-', '-o', '-', ...MODEL], { input: jpeg });
    assert.ok(piped.equals(readFileSync(join(folder, 'out/a.lic'))));
    const least = Math.round(piped.length * 0.8);
    const target = lic(['encode', '-', '-o', '-', '--target-size', String(least), ...MODEL], { input: jpeg });
    assert.ok(target.length <= least && target.length > least / 2, `${target.length} of ${least} bytes`);
    assert.equal((await decode(target)).width, 192);
    const [header] = lines(lic(['info', '-', '--json'], { input: target }));
    assert.deepEqual([header.width, header.height], [192, 128]);
  },
);

test(
  'complaint 19: the tool is not for scripts. Here failures have a status and a line of JSON, others are done',
  { skip },
  async () => {
    writeFileSync(join(folder, 'good.jpg'), await photograph());
    writeFileSync(join(folder, 'bad.jpg'), 'no picture');
    const { status, stdout } = spawnSync(
      LIC,
      ['encode', 'bad.jpg', 'good.jpg', '--out-dir', 'some', '--json', ...MODEL],
      { cwd: folder, encoding: 'utf8' },
    );
    assert.equal(status, 13, 'unsupported_image, of docs/format.md');
    const [bad, good] = lines(stdout).sort((a, b) => a.file.localeCompare(b.file));
    assert.deepEqual([bad.file, bad.error.code, good.file], ['bad.jpg', 'unsupported_image', 'good.jpg']);
    assert.deepEqual(readdirSync(join(folder, 'some')), ['good.lic']);
  },
);

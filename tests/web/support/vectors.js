// The conformance vectors of tests/vectors for the JavaScript tests.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);
const VECTORS = new URL('tests/vectors/', ROOT);

/** @param {string} path from the root of the repository */
export const rootPath = (path) => fileURLToPath(new URL(path, ROOT));

/** @param {string} path from the root of the repository */
export const readRoot = (path) => readFileSync(new URL(path, ROOT));

/** @param {string} name */
export const readVector = (name) => readFileSync(new URL(name, VECTORS));

/** The lines of the manifest, numbers as numbers and `-` as null. */
export const listVectors = () => readManifest('manifest.tsv');

/** Those of the overfitted coding, in overfitted/. */
export const listOverfitted = () => readManifest('overfitted/manifest.tsv');

/** @param {string} name */
function readManifest(name) {
  const lines = readVector(name)
    .toString()
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const [names, ...rows] = lines.map((line) => line.split('\t'));
  return rows.map((row) => {
    const vector = Object.fromEntries(names.map((name, i) => [name, row[i] === '-' ? null : row[i]]));
    for (const name of ['width', 'height', 'channels']) vector[name] = Number(vector[name]);
    return vector;
  });
}

/** Names of damaged files of tests/vectors/bad with the code that they must give: `bad_header-width-0.lic`. */
export function listBad(ending) {
  const names = readdirSync(new URL('bad/', VECTORS)).filter((name) => name.endsWith(ending));
  return names.map((name) => ({ name: `bad/${name}`, code: name.match(/^[a-z_]+/)[0] }));
}

/** Samples of `channels` interleaved values as red, green, blue, alpha. */
export function toRgba(samples, channels) {
  const rgba = new Uint8ClampedArray((samples.length / channels) * 4);
  for (let from = 0, to = 0; from < samples.length; from += channels, to += 4) {
    const isGrey = channels < 3;
    rgba[to] = samples[from];
    rgba[to + 1] = samples[isGrey ? from : from + 1];
    rgba[to + 2] = samples[isGrey ? from : from + 2];
    rgba[to + 3] = channels % 2 ? 255 : samples[from + channels - 1];
  }
  return rgba;
}

/** The largest difference of two arrays. */
export function largestDifference(a, b) {
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** Whether a decoded picture is what the manifest says of a vector: colours within 1, alpha to the bit. */
export function checkPicture({ width, height, data, colorSpace }, vector) {
  assert.deepEqual([width, height, colorSpace], [vector.width, vector.height, 'srgb'], vector.file);
  assert.ok(data instanceof Uint8ClampedArray);
  assert.equal(data.length, width * height * 4);
  const alpha = data.filter((_, i) => i % 4 === 3);
  if (vector.alpha_sha256)
    assert.equal(createHash('sha256').update(alpha).digest('hex'), vector.alpha_sha256, vector.file);
  else
    assert.ok(
      alpha.every((value) => value === 255),
      vector.file,
    );
  const means = vector.mean.split(',').map(Number);
  const isGrey = vector.channels < 3;
  for (let channel = 0; channel < (isGrey ? 1 : 3); ++channel) {
    let sum = 0;
    for (let i = channel; i < data.length; i += 4) sum += data[i];
    assert.ok(Math.abs(sum / (width * height) - means[channel]) <= 0.1, `${vector.file}: mean of channel ${channel}`);
  }
  if (!vector.pixels) return;
  const difference = largestDifference(data, toRgba(readVector(vector.pixels), vector.channels));
  assert.ok(difference <= 1, `${vector.file}: pixels differ by ${difference}`);
}

/**
 * Checks that a picture of a vector of listOverfitted() is the same to the bit.
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture
 * @param {{file: string, width: number, height: number, channels: number, pixels_sha256: string}} vector
 */
export function checkExactly({ width, height, data }, vector) {
  assert.deepEqual([width, height], [vector.width, vector.height], vector.file);
  const places = { 1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3] }[vector.channels];
  const samples = Buffer.alloc((data.length / 4) * places.length);
  for (let i = 0; i < samples.length; ++i)
    samples[i] = data[4 * Math.floor(i / places.length) + places[i % places.length]];
  assert.equal(createHash('sha256').update(samples).digest('hex'), vector.pixels_sha256, vector.file);
}

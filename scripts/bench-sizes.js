// What a page loads to decode, in bytes.

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const IMPORTS = /(?:\bfrom|\bimport)\s*"(\.[^"]+)"/g;

/** What both codings load: decode() on the page, and its worker. */
const ENTRIES = ['dist/index.js', 'dist/worker.js'];

/** @type {Record<string, {code: string[], weights: string[]}>} by coding */
const CODINGS = {
  overfitted: { code: ['dist/lic-overfitted.wasm'], weights: [] },
  autoencoder: { code: ['dist/lic.wasm'], weights: ['models/lic-photo.dec.licm'] },
};

/**
 * The modules that entries import before they run, themselves among them.
 * @param {string[]} entries paths
 */
function closure(entries) {
  const found = new Set();
  const follow = (path) => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, name] of readFileSync(path, 'utf8').matchAll(IMPORTS)) follow(resolve(dirname(path), name));
  };
  entries.forEach(follow);
  return [...found];
}

/**
 * @param {string} root of the checkout @param {string} coding 'overfitted' or 'autoencoder'
 * @returns {{code: string[], weights: string[]}} paths of what a page of such files loads
 */
export function pageFiles(root, coding) {
  const places = (names) => names.map((name) => join(root, name));
  const { code, weights } = CODINGS[coding];
  return { code: [...closure(places(ENTRIES)), ...places(code)], weights: places(weights) };
}

/** @param {string[]} files paths */
export function measureSizes(files) {
  const contents = files.map((file) => readFileSync(file));
  const sum = (sizeOf) => contents.reduce((total, content) => total + sizeOf(content), 0);
  return {
    bytes: sum((content) => content.length),
    brotli_bytes: sum((content) => brotliCompressSync(content).length),
  };
}

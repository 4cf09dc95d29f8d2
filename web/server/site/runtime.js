// What a page needs to show <lic-img>: dist/define.js of this package and every file that it refers to.

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import css from './lic-img.css';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const ENTRY = join(PACKAGE, 'dist/define.js');

/** @returns {string[]} paths in the package: code, decoder, model, licence */
function listRuntime() {
  const found = new Set([ENTRY, join(PACKAGE, 'LICENSE')]);
  for (const file of found) {
    if (extname(file) !== '.js') continue;
    for (const [, reference] of readFileSync(file, 'utf8').matchAll(/["'`](\.\.?\/[\w./-]+)["'`]/g)) {
      const path = join(dirname(file), reference);
      if (path.startsWith(PACKAGE) && existsSync(path)) found.add(path);
    }
  }
  return [...found].map((file) => relative(PACKAGE, file).split(sep).join('/'));
}

/** @returns {Promise<{name: string, bytes: Uint8Array}[]>} the files, and the style sheet for pages with fallbacks */
export async function readRuntime() {
  const files = await Promise.all(
    listRuntime().map(async (name) => ({ name, bytes: await readFile(join(PACKAGE, name)) })),
  );
  return [...files, { name: 'lic-img.css', bytes: Buffer.from(css) }];
}

/** @param {string} folder is made */
export async function copyRuntime(folder) {
  for (const { name, bytes } of await readRuntime()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

/** @returns {Promise<number>} bytes of all files */
export async function measureRuntime() {
  return (await readRuntime()).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

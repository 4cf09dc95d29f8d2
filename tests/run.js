// `node tests/run.js FOLDER [option of node --test ...]`: runs the *.test.js files below tests/FOLDER with Node's test
// runner. (npm puts options after the files, where node would take them for files.) With LIC_TEST_BROWSER=firefox,
// without those that are left to Chromium.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LEFT_TO_CHROMIUM } from './browser/support/chromium-only.js';

const [folder, ...options] = process.argv.slice(2);
const path = join(fileURLToPath(new URL('.', import.meta.url)), folder);
const left =
  folder === 'browser' && process.env.LIC_TEST_BROWSER === 'firefox' ? Object.keys(LEFT_TO_CHROMIUM.files) : [];
const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(sep, '/'))
  .filter((name) => name.endsWith('.test.js') && !left.includes(name))
  .sort();
const files = names.map((name) => join(path, name));
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=600000', ...options, ...files], {
  stdio: 'inherit',
});
process.exit(status ?? 1);

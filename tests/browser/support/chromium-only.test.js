// What is left to Chromium is there: a name that has been changed would leave nothing out, and be forgotten in the
// list.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { rootPath } from '../../web/support/vectors.js';
import { test } from './browser.js';
import { LEFT_TO_CHROMIUM } from './chromium-only.js';

test('files and tests that are left to Chromium are there', () => {
  const folder = rootPath('tests/browser');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.js'));
  const texts = files
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => /\btest\b[^;]*from '\.\.?\/(support\/)?browser\.js'/.test(text));
  for (const name of Object.keys(LEFT_TO_CHROMIUM.files)) assert.ok(files.includes(name), name);
  for (const name of Object.keys(LEFT_TO_CHROMIUM.tests))
    assert.ok(
      texts.some((text) => text.replace(/test\(\s+/g, 'test(').includes(`test('${name}'`)),
      name,
    );
});

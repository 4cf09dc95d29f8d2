// The list in README.md names every complaint once, and the tests that it names carry the number.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const LIST = new URL('README.md', import.meta.url);

test('every complaint of the list has its tests', () => {
  const text = readFileSync(LIST, 'utf8');
  const files = new Map([...text.matchAll(/^\[([\w-]+)\]: (\S+)$/gm)].map(([, name, path]) => [name, path]));
  const rows = [...text.matchAll(/^\| (\d+) \|.*\| (\S.*) \|$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  for (const [, number, links] of rows) {
    for (const [, name] of links.matchAll(/\[([\w-]+)\]/g)) {
      const code = readFileSync(new URL(files.get(name), LIST), 'utf8');
      assert.match(code, new RegExp(`complaint ${number}: `), name);
    }
  }
});

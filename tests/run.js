// `node tests/run.js FOLDER [option of node --test ...]`: runs the *.test.js files of tests/FOLDER with Node's test runner.
// (npm puts options behind the files, where node would take them for files.)

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, ...options] = process.argv.slice(2);
const path = join(fileURLToPath(new URL('.', import.meta.url)), folder);
const files = readdirSync(path).filter((name) => name.endsWith('.test.js')).map((name) => join(path, name));
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=600000', ...options, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);

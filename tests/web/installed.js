// The package as users get it: packed, and installed into the folder of an application.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rootPath } from './vectors.js';

/** @returns {{folder: string, installed: string}} the application, which the caller removes, and the package in it */
export function makeApplication() {
  const folder = mkdtempSync(join(tmpdir(), 'lic-application-'));
  const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], rootPath('.')));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }));
  npm(['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], folder);
  return { folder, installed: join(folder, 'node_modules/lic-codec') };
}

// The package as users get it: packed, and installed into the folder of an application.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rootPath } from '../support/vectors.js';

// npm brings a program in one package for each platform; a script of bun's own package moves it, where scripts may run.
const PROGRAMS = {
  deno: { scope: '@deno', path: 'deno' },
  bun: { scope: '@oven', path: 'bin/bun', moved: 'bun/bin/bun.exe' },
  workerd: { scope: '@cloudflare', path: 'bin/workerd' },
};

/**
 * @param {keyof typeof PROGRAMS} name
 * @returns {string | undefined} the program, where npm has installed it
 */
export function findProgram(name) {
  const { scope, path, moved } = PROGRAMS[name];
  const modules = rootPath('node_modules');
  const platforms = existsSync(join(modules, scope)) ? readdirSync(join(modules, scope)) : [];
  const places = [...platforms.map((platform) => join(scope, platform, path)), ...(moved ? [moved] : [])];
  return places.map((place) => join(modules, place)).find((program) => existsSync(program));
}

/** @returns {{folder: string, installed: string}} the application, which the caller removes, and the package in it */
export function makeApplication() {
  const folder = mkdtempSync(join(tmpdir(), 'lic-application-'));
  const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], rootPath('.')));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true, type: 'module' }));
  npm(['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], folder);
  return { folder, installed: join(folder, 'node_modules/lic-codec') };
}

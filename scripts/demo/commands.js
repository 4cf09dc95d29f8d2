// Programs that the demo calls.

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIC = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/release/native/lic');

/**
 * Runs `lic` on one file and gives what it says of it; its error as an Error.
 * @param {...string} parameters
 * @returns {any}
 */
export function runLic(...parameters) {
  const { stdout, stderr, error } = spawnSync(LIC, [...parameters, '--json'], { encoding: 'utf8' });
  if (error) throw error;
  if (!stdout.trim()) throw new Error(stderr.trim());
  const said = JSON.parse(stdout);
  if (said.error) throw new Error(`${said.error.code}: ${said.error.message}`);
  return said;
}

/**
 * Runs another program and gives its standard output.
 * @param {string} program @param {...string} parameters
 */
export function run(program, ...parameters) {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { maxBuffer: 2 ** 30 });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${String(stderr).trim().split('\n').pop()}`);
  return stdout;
}

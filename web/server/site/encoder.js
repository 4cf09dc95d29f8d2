// The `lic` command as a function that remembers: a picture that was encoded in the same way before is not encoded
// again.

import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { encodePng } from '../png.js';

const run = promisify(execFile);

/** The `lic` command is not there, or does not do what it should. */
export class EncoderMissing extends Error {}

export class Encoder {
  #lic;
  #options;
  #folder;
  #identity;

  /** @param {string} lic @param {string[]} options @param {string} folder @param {string} identity */
  constructor(lic, options, folder, identity) {
    this.#lic = lic;
    this.#options = options;
    this.#folder = folder;
    this.#identity = identity;
  }

  /**
   * @param {object} options
   * @param {string} [options.lic] the command, found on the PATH unless it has a slash
   * @param {number} [options.quality] 1..100
   * @param {string} [options.cache] folder of encoded pictures
   */
  static async open({ lic = 'lic', quality = 50, cache = defaultCache() }) {
    await mkdir(cache, { recursive: true });
    const options = ['-q', String(quality)];
    return new Encoder(lic, options, cache, await identify(lic, options, cache));
  }

  /**
   * @param {Uint8Array} picture a PNG or JPEG file
   * @returns {Promise<Buffer>} the .lic file; rejects with what the command says
   */
  async encode(picture) {
    const name = join(this.#folder, `${sha256(picture, this.#identity)}.lic`);
    const known = await readFile(name).catch(() => null);
    if (known?.length) return known;
    const bytes = await encodeOnce(this.#lic, this.#options, this.#folder, picture);
    await writeWhole(name, bytes);
    return bytes;
  }
}

/**
 * Names what the command does, by what it makes of a small picture. The name changes with the program, the model and
 * the options.
 * @param {string} lic @param {string[]} options @param {string} folder
 */
async function identify(lic, options, folder) {
  const size = { width: 32, height: 32 };
  const data = Uint8ClampedArray.from({ length: 32 * 32 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * i) >> 6));
  try {
    return sha256(await encodeOnce(lic, options, folder, await encodePng({ ...size, data }, 3)));
  } catch (error) {
    const { code, message } = /** @type {any} */ (error);
    if (code !== 'ENOENT' && code !== 'EACCES')
      throw new EncoderMissing(`the command ${lic} does not encode: ${message}`, { cause: error });
    const advice = 'build it (scripts/build.sh release), then put it on the PATH or name it by --lic';
    throw new EncoderMissing(`there is no command ${lic}: ${advice}`, { cause: error });
  }
}

/**
 * @param {string} lic @param {string[]} options @param {string} folder for files in between
 * @param {Uint8Array} picture
 */
async function encodeOnce(lic, options, folder, picture) {
  const stem = join(folder, randomUUID());
  const [input, output] = [`${stem}.in.tmp`, `${stem}.out.tmp`];
  try {
    await writeFile(input, picture, { flag: 'wx' });
    await run(lic, ['encode', input, '-o', output, '--quiet', ...options]);
    return await readFile(output);
  } catch (error) {
    throw Object.assign(new Error(reasonOf(error, input)), { code: /** @type {any} */ (error).code });
  } finally {
    await Promise.all([input, output].map((name) => rm(name, { force: true })));
  }
}

/** What the command says, without its name and that of the file. @param {any} error @param {string} input */
function reasonOf({ stderr, message }, input) {
  const [line = ''] = (stderr?.trim() || message).split('\n');
  return line.replace(/^lic: /, '').replace(`${input}: `, '');
}

/** The file is there whole or not at all. @param {string} name @param {Uint8Array | string} contents */
export async function writeWhole(name, contents) {
  const temporary = `${name}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, contents, { flag: 'wx' });
    await rename(temporary, name);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Where tools of npm keep such things; else, where those of the user do. */
function defaultCache() {
  if (existsSync('node_modules')) return join('node_modules', '.cache', 'lic-static');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lic-static');
}

/** @param {...(Uint8Array | string)} parts */
export function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

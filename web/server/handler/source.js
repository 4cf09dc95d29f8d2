// Pictures in a folder, and what keeps requests inside it; pictures in memory.

import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';

import { unavailable } from '../problem.js';

/**
 * @typedef {import('./server.js').StoredPicture} StoredPicture
 * @typedef {import('./server.js').Source} Source
 * @typedef {import('node:fs/promises').FileHandle} FileHandle
 * @typedef {import('node:fs').BigIntStats} Facts
 */

// Codes of the file system for a path that leads to no file.
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM'];
const PART_BYTES = 256 * 1024;

/**
 * @param {string} folder
 * @param {{followSymlinks: boolean}} options whether links may lead out of the folder
 * @returns {Promise<Source>}
 */
export async function openFolder(folder, { followSymlinks }) {
  const root = await realpath(folder);
  if (!(await stat(root)).isDirectory()) throw new TypeError(`${folder} is not a folder`);
  return (path) => absentIsNull(() => find(root, path, followSymlinks));
}

/**
 * @param {string} root resolved
 * @param {string} path of parseTarget(): it has neither `..` nor a separator of another system
 * @param {boolean} followSymlinks
 * @returns {Promise<StoredPicture | null>}
 */
async function find(root, path, followSymlinks) {
  const file = await realpath(join(root, path));
  if (!followSymlinks && !file.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
  const facts = await stat(file, { bigint: true });
  if (!facts.isFile()) return null; // among others a pipe, which would never end
  const size = Number(facts.size);
  return {
    size,
    etag: `${facts.mtimeNs.toString(36)}-${size.toString(36)}`,
    lastModified: new Date(Number(facts.mtimeMs)),
    read: (start, end) => readWhole(file, facts, start, end),
    stream: (start, end) => Readable.from(readParts(file, facts, start, end)),
  };
}

/**
 * @param {string} file @param {Facts} facts @param {number} start @param {number} end after the last byte
 * @returns {Promise<Uint8Array>}
 */
async function readWhole(file, facts, start, end) {
  const handle = await open(file);
  try {
    return await readPart(handle, facts, start, end);
  } finally {
    await handle.close();
  }
}

/** @param {string} file @param {Facts} facts @param {number} start @param {number} end after the last byte */
async function* readParts(file, facts, start, end) {
  const handle = await open(file);
  try {
    for (let at = start; at < end; at += PART_BYTES)
      yield await readPart(handle, facts, at, Math.min(end, at + PART_BYTES));
  } finally {
    await handle.close();
  }
}

/**
 * Bytes of the very file that was found: its ETag may name no others, whether the file was replaced before it was
 * opened or written to while it was read.
 * @param {FileHandle} handle @param {Facts} facts @param {number} start @param {number} end after the last byte
 * @returns {Promise<Uint8Array>}
 */
async function readPart(handle, facts, start, end) {
  const bytes = new Uint8Array(end - start);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const now = await handle.stat({ bigint: true });
  const isSame =
    now.dev === facts.dev && now.ino === facts.ino && now.size === facts.size && now.mtimeNs === facts.mtimeNs;
  if (!isSame || length < bytes.length) throw unavailable('changed', 'the picture changed while it was read');
  return bytes;
}

/**
 * @template T
 * @param {() => Promise<T>} work
 */
async function absentIsNull(work) {
  try {
    return await work();
  } catch (error) {
    if (ABSENT.includes(/** @type {any} */ (error).code)) return null;
    throw error;
  }
}

/** @param {Uint8Array} bytes @returns {StoredPicture} */
export function storedBytes(bytes) {
  return {
    size: bytes.length,
    etag: hash(bytes),
    read: async (start, end) => bytes.subarray(start, end),
    stream: (start, end) => Readable.from([bytes.subarray(start, end)]),
  };
}

/** A name for contents. @param {string | Uint8Array} content */
export const hash = (content) => createHash('sha256').update(content).digest('base64url').slice(0, 27);

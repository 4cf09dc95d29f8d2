// Reads the ids of model files without the decoder, for the build (docs/format.md#model-files).

import { createHash } from 'node:crypto';

const MAGIC = '894c494d';
const SECTION_HEAD_BYTES = 9;
const ENTROPY = 16;
const SYNTHESIS = 17;

/**
 * @param {Buffer} file a decoder model file
 * @returns {{name: string, id: string, headHash: string}}
 */
export function readModelIds(file) {
  if (file.subarray(0, 4).toString('hex') !== MAGIC) throw new Error('not a model file');
  const nameEnd = 8 + file.readUInt16LE(6);
  const payloads = new Map();
  for (let at = nameEnd; at < file.length;) {
    const start = at + SECTION_HEAD_BYTES;
    const end = start + file.readUInt32LE(at + 1);
    payloads.set(file[at], file.subarray(start, end));
    at = end;
  }
  return {
    name: file.toString('latin1', 8, nameEnd),
    id: shortHash(payloads.get(ENTROPY)),
    headHash: shortHash(payloads.get(SYNTHESIS)),
  };
}

/** @param {Buffer} payload */
function shortHash(payload) {
  return createHash('sha256').update(payload).digest('hex').slice(0, 16);
}

// Pictures' headers and damaged files for the tests, made from docs/format.md.

import { crc32 as checksum } from 'node:zlib'; // Node 20.15 and later

const HEADER_BYTES = 40;
const SECTION_HEAD_BYTES = 9;

/** A valid header, then what `fields` changes; the checksum is right unless given. */
export function makeHeader(fields = {}) {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('\x89LIC', 'latin1');
  header.writeUInt8(fields.version ?? 0, 4);
  header.writeUInt8(fields.flags ?? 0, 5);
  header.writeUInt16LE(fields.quality256 ?? 50 * 256, 6);
  header.writeUInt32LE(fields.width ?? 640, 8);
  header.writeUInt32LE(fields.height ?? 480, 12);
  header.write(fields.modelId ?? '0011223344556677', 16, 'hex');
  header.write(fields.headHash ?? '8899aabbccddeeff', 24, 'hex');
  header.writeUInt16LE(fields.tileUnits ?? 16, 32);
  header.writeUInt16LE(fields.reserved ?? 0, 34);
  header.writeUInt32LE(fields.crc ?? checksum(header.subarray(0, 36)), 36);
  return header;
}

/** The sections of a picture file: type, offset of the head, offset and end of the payload. */
export function listSections(file) {
  const sections = [];
  for (let at = HEADER_BYTES; at < file.length;) {
    const start = at + SECTION_HEAD_BYTES;
    const end = start + file.readUInt32LE(at + 1);
    sections.push({ type: file[at], at, start, end });
    at = end;
  }
  return sections;
}

/** A copy of a file with one more section, the first. */
export function insertSection(file, type, payload) {
  const head = Buffer.alloc(SECTION_HEAD_BYTES);
  head.writeUInt8(type, 0);
  head.writeUInt32LE(payload.length, 1);
  head.writeUInt32LE(checksum(Buffer.concat([head.subarray(0, 5), payload])), 5);
  return Buffer.concat([file.subarray(0, HEADER_BYTES), head, payload, file.subarray(HEADER_BYTES)]);
}

/** A copy of a file with one section's payload changed by `change` and its checksum made right again. */
export function changeSection(file, type, change) {
  const copy = Buffer.from(file);
  const { at, start, end } = listSections(copy).find((section) => section.type === type);
  change(copy.subarray(start, end));
  const payload = type === 4 ? Buffer.alloc(0) : copy.subarray(start, end);
  copy.writeUInt32LE(checksum(Buffer.concat([copy.subarray(at, at + 5), payload])), at + 5);
  return copy;
}

// Bytes that came in pieces.

/** @param {(Uint8Array | Uint8ClampedArray)[]} chunks @returns {Uint8Array<ArrayBuffer>} all of them in one array */
export function join(chunks) {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

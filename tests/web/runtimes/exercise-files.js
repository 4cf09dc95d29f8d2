// The files for exercise.js, and what has to come of them.

import assert from 'node:assert/strict';

import { checkExactly, checkPicture, listOverfitted, listVectors, readRoot, readVector } from '../support/vectors.js';

const vectors = () => listVectors().filter(({ model }) => model === 'models/lic-photo.dec.licm');
const CUT = 20;

/** By their names in exercise.js, those of pictures with a folder before them. @returns {Record<string, Buffer>} */
export function exerciseFiles() {
  const pictures = vectors().map(({ file }) => [`pictures/${file}`, readVector(file)]);
  const overfitted = listOverfitted().map(({ file }) => [
    `pictures/overfitted-${file}`,
    readVector(`overfitted/${file}`),
  ]);
  return {
    ...Object.fromEntries([...pictures, ...overfitted]),
    damaged: pictures[0][1].subarray(0, -CUT),
    large: readRoot('tests/web/support/large.lic'),
    largeModel: readRoot('tests/models/least.dec.licm'),
  };
}

/**
 * Code that gives exercise() its files.
 * @param {(name: string) => string} refer to one of exerciseFiles()
 */
export function listFiles(refer) {
  const pictures = vectors().map(({ file }) => `'${file}': ${refer(`pictures/${file}`)}`);
  const overfitted = listOverfitted().map(({ file }) => `'${file}': ${refer(`pictures/overfitted-${file}`)}`);
  const others = ['damaged', 'large', 'largeModel'].map((name) => `${name}: ${refer(name)}`);
  return `{ pictures: { ${pictures.join(', ')} }, overfitted: { ${overfitted.join(', ')} }, ${others.join(', ')} }`;
}

/** @param {Awaited<ReturnType<typeof import('./exercise.js').exercise>>} seen */
export function checkSeen({ decoded, exact, error, stopped, inWorkers }) {
  assert.ok(vectors().length > 0);
  for (const [i, vector] of vectors().entries()) {
    const { info, symbols, picture } = decoded[vector.file];
    assert.deepEqual(info, { width: vector.width, height: vector.height }, vector.file);
    assert.equal(symbols, vector.symbols_sha256, vector.file);
    for (const packed of [picture, inWorkers?.pictures[i] ?? picture]) {
      assert.ok(packed.isClamped, vector.file);
      checkPicture(unpack(packed), vector);
    }
  }
  const overfitted = listOverfitted();
  assert.equal(Object.keys(exact).length, overfitted.length);
  for (const vector of overfitted) checkExactly(unpack(exact[vector.file]), vector);
  assert.deepEqual(error, { isLicError: true, code: 'truncated' });
  assert.deepEqual(stopped, { outcome: 'AbortError', isEarly: true, next: 10, done: 1, aborted: 1 });
}

/** The picture that exercise.js has packed. */
function unpack(packed) {
  return { ...packed, data: Uint8ClampedArray.from(Buffer.from(packed.data, 'base64')) };
}

// Photographs, end to end: what the command encodes and decodes, Node decodes alike.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import test from 'node:test';

import { configure, decode, hashSymbols, info } from 'lic-codec';

import { largestDifference, rootPath, toRgba } from '../support/vectors.js';
import { QUALITIES, codeNatively, listPhotos, skip } from './photos.js';

for (const quality of QUALITIES) {
  test(`every photograph at quality ${quality}: native and Node agree`, { skip }, async () => {
    configure({ models: rootPath('models/lic-photo.dec.licm') });
    for (const photo of listPhotos()) {
      const native = codeNatively(photo, quality);
      const picture = await decode(native.bytes);
      assert.deepEqual([picture.width, picture.height], [native.width, native.height], basename(photo));
      assert.equal((await info(native.bytes)).quality, quality);
      assert.equal(await hashSymbols(native.bytes), native.symbols, basename(photo));
      assert.ok(largestDifference(picture.data, toRgba(native.samples, 3)) <= 1, basename(photo));
    }
  });
}

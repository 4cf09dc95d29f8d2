// `node scripts/bench-cold.js DECODER FILE`: prints the milliseconds in which a new process loads a decoder, compiles
// it and decodes a file. bench.js calls it; the start of Node itself is not counted.

import { readFileSync } from 'node:fs';

const [key, path] = process.argv.slice(2);
const start = performance.now();
const bytes = readFileSync(path);
const decode = ['autoencoder', 'overfitted'].includes(key)
  ? (await import('lic-codec')).decode
  : (await import('./bench-rivals.js')).RIVALS[key].decode;
await decode(bytes);
console.log(performance.now() - start);

// `node scripts/decode-node.js IN.lic OUT.png [--json] [--hash] [--model FILE]`: decodes with the web package in Node.
//
// The fields of --json are those of `lic verify --json`: the pixel hash is that of the samples as coded (1 to 4 a
// pixel).

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { configure, decode, hashSymbols, info } from 'lic-codec';

import { toPng } from './png.js';

const USAGE = 'usage: node scripts/decode-node.js IN.lic OUT.png [--json] [--hash] [--model FILE]';

const { values: options, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    hash: { type: 'boolean' },
    model: { type: 'string' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [input, output] = positionals;
if (options.help || !input || !output || positionals.length > 2) {
  console.error(USAGE);
  process.exit(options.help ? 0 : 2);
}
if (options.model) configure({ models: options.model });

try {
  const bytes = readFileSync(input);
  const header = await info(bytes);
  const start = performance.now();
  const picture = await decode(bytes);
  const ms = performance.now() - start;
  writeFileSync(output, toPng(picture));
  const result = {
    file: input,
    output,
    width: picture.width,
    height: picture.height,
    bytes: bytes.length,
    model_id: header.modelId,
    ...(options.hash && { symbol_hash: await hashSymbols(bytes) }),
    pixel_hash: sha256(samplesAsCoded(picture.data, header)),
    ms: Math.round(ms),
  };
  console.log(options.json ? JSON.stringify(result) : describe(result));
} catch (error) {
  console.error(`${input}: ${error.message}${error.code ? ` (${error.code})` : ''}`);
  process.exit(1);
}

/** Red, green, blue, alpha without what the file does not hold. */
function samplesAsCoded(data, { isGrey, hasAlpha }) {
  const kept = [0, ...(isGrey ? [] : [1, 2]), ...(hasAlpha ? [3] : [])];
  return data.filter((_, i) => kept.includes(i % 4));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function describe({ file, output: to, width, height, bytes, symbol_hash: symbols, pixel_hash: pixels, ms }) {
  const lines = [`${file} -> ${to}: ${width} x ${height}, ${bytes} bytes, ${ms} ms`, `pixels  ${pixels}`];
  if (symbols) lines.push(`symbols ${symbols}`);
  return lines.join('\n');
}

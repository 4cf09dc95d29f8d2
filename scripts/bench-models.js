// `npm run bench:models -- DIR PICTURE.png [--quality Q] [--rounds N]`: how long model files take to decode the same
// picture in Node on one thread, against their multiplications.
//
//   DIR/costs.json, DIR/*.licm (models/training/search.py --models DIR) ── lic encode ──> a file for each model
//                                          │
//   rounds: every model once a round, so that a busy moment meets all ──> the least, ratios to the first
//
// The parts are what the decoder's own clock says (`stats`).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createDecoder } from 'lic-codec';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const NATIVE = process.env.LIC_COMMAND ?? join(ROOT, 'build/release/native/lic');

const { values: options, positionals } = parseArgs({
  options: { quality: { type: 'string', default: '50' }, rounds: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const [folder, picture] = positionals;
const rounds = Number(options.rounds);
if (positionals.length !== 2 || !(rounds >= 1)) {
  console.error('usage: npm run bench:models -- DIR PICTURE.png [--quality Q] [--rounds N]');
  process.exit(2);
}

const models = Object.entries(JSON.parse(readFileSync(join(folder, 'costs.json'), 'utf8'))).map(([name, cost]) => ({
  name,
  cost,
  ...encode(name),
}));
for (const model of models) await time(model); // the first decode compiles
for (let round = 0; round < rounds; ++round) for (const model of models) model.times.push(await time(model));
print();
for (const { decoder } of models) decoder.close();

/** The picture as a file of this model, and a decoder that has it. @param {string} name */
function encode(name) {
  const model = join(folder, `${name}.dec.licm`);
  const scratch = mkdtempSync(join(tmpdir(), 'lic-'));
  const file = join(scratch, 'picture.lic');
  execFileSync(NATIVE, ['encode', picture, '-o', file, '-q', options.quality, '-m', model, '--effort', '0', '--quiet']);
  const lic = readFileSync(file);
  rmSync(scratch, { recursive: true });
  return { lic, decoder: createDecoder({ models: readFileSync(model), workers: 0 }), times: [], pixels: 0 };
}

/** ms of a decode: in all, and of its halves. */
async function time(model) {
  const before = model.decoder.stats().ms;
  const start = performance.now();
  const { width, height } = await model.decoder.decode(model.lic);
  const whole = performance.now() - start;
  const after = model.decoder.stats().ms;
  model.pixels = width * height;
  return { whole, entropy: after.entropy - before.entropy, synthesis: after.synthesis - before.synthesis };
}

function print() {
  console.log(
    `${cpus()[0].model}, Node ${process.version}, one thread, ` +
      `the least of ${rounds} rounds, quality ${options.quality}\n`,
  );
  const rows = models.map(({ name, cost, lic, times, pixels }) => {
    const [whole, entropy, synthesis] = ['whole', 'entropy', 'synthesis'].map(
      (part) => (Math.min(...times.map((time) => time[part])) * 1e6) / pixels,
    );
    return { name, cost, bits: (lic.length * 8) / pixels, whole, entropy, synthesis };
  });
  const head = [
    'model',
    'synthesis, kMAC/px',
    'entropy',
    'bits per pixel',
    'synthesis, ms/MP',
    'entropy',
    'in all',
    'against the first',
  ];
  for (const row of [head, head.map(() => '---')]) console.log(`| ${row.join(' | ')} |`);
  for (const { name, cost, bits, whole, entropy, synthesis } of rows) {
    const costs = [cost.synthesis, cost.entropy, bits].map((value) => value.toFixed(2));
    const times = [synthesis, entropy, whole].map((value) => value.toFixed(0));
    console.log(`| ${[name, ...costs, ...times, (whole / rows[0].whole).toFixed(2)].join(' | ')} |`);
  }
}

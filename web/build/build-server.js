// The part of the build for servers and build tools: dist/server/, for Node only.
//
//   web/server/*.js ──┬──> esbuild ──> dist/server/*.js, THIRD-PARTY.txt
//   small packages ───┘
//
// lic-codec itself is imported by its name, so that configure() holds for both. The small packages that these entries
// stand on are bundled, with their licences beside them: the package has no dependency to install.

import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import esbuild from 'esbuild';

const SOURCE = fileURLToPath(new URL('../server/', import.meta.url));
const ROOT = resolve(SOURCE, '../..');
const VECTORS = join(ROOT, 'tests/vectors');
const ENTRIES = ['handler/server.js', 'site/static.js', 'site/lic-static.js', 'site/vite.js'];
const TYPES = ['handler/server.d.ts', 'site/static.d.ts', 'site/vite.d.ts'];

/** @param {string} dist */
export async function buildServer(dist) {
  const outdir = join(dist, 'server');
  const { metafile } = await esbuild.build({
    entryPoints: ENTRIES.map((name) => ({ in: join(SOURCE, name), out: basename(name, '.js') })),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    external: ['lic-codec', 'sharp', 'prom-client', 'vite'],
    loader: { '.css': 'text' },
    plugins: [{ name: 'sample', setup: resolveSample }],
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(outdir, 'THIRD-PARTY.txt'), licences(Object.keys(metafile.inputs)));
  for (const name of TYPES) copyFileSync(join(SOURCE, name), join(outdir, basename(name)));
}

/**
 * The one import that is not a file of web/server/: a conformance vector, and the package's version.
 * @param {esbuild.PluginBuild} build
 */
function resolveSample(build) {
  build.onResolve({ filter: /^\.\/sample\.js$/ }, () => ({ path: 'sample.js', namespace: 'lic' }));
  build.onLoad({ filter: /./, namespace: 'lic' }, () => {
    const file = readFileSync(join(VECTORS, 'photo-1x1.lic')).toString('base64');
    const pixels = [...readFileSync(join(VECTORS, 'photo-1x1.pixels'))];
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const code = `export const sample = { file: Buffer.from('${file}', 'base64'), pixels: ${JSON.stringify(pixels)} };`;
    return { contents: `${code}\nexport const version = '${version}';` };
  });
}

/** @param {string[]} inputs files that are part of the bundle */
function licences(inputs) {
  const folders = new Set(inputs.flatMap((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
      const licence = readdirSync(join(ROOT, folder)).find((file) => /^licen[cs]e/i.test(file));
      if (!licence) throw new Error(`${name} has no licence file`);
      return `${name} ${version}\n\n${readFileSync(join(ROOT, folder, licence), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

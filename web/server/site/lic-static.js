#!/usr/bin/env node
// The command lic-static: encodes the pictures of a site, rewrites its pages, reports what that saves.

import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';

import { EncoderMissing, convertSite } from './static.js';

const HELP = `Usage: lic-static DIR --out DIR [options]

Encodes the PNG and JPEG pictures that the pages of a site show with the lic command, puts <lic-img> around
each <img> that gets smaller by it, and adds the script, decoder and model. DIR stays as it is.

  --out DIR           where the new site goes
  --in-place          change DIR itself: only for what a build makes anew
  -q, --quality Q     1 (smallest) to 100 (best) (default: 50)
  --lic COMMAND       the lic command (default: lic, on the PATH)
  --base PATH         the path at which the site will lie on its server (default: /), or the address of its
                      files on another server
  --min-bytes N       smaller pictures stay (default: 4096)
  --min-saving P      pictures stay unless they get smaller by P percent (default: 10)
  -j, --jobs N        pictures to encode at a time (default: the number of processors)
  --cache DIR         keeps encoded pictures (default: node_modules/.cache/lic-static, or the user's cache)
  --dry-run           encode and report, write nothing but the cache
  --json              print the report as JSON
  --quiet             print warnings and failures only
  -h, --help          print this

Exit status: 0 done; 1 done, but pictures could not be encoded, and stay; 2 wrong options or arguments;
3 no working lic command; 4 a file could not be read or written.
`;

const [FAILED, USAGE, NO_ENCODER, IO] = [1, 2, 3, 4];

/** @typedef {import('./static.js').SiteReport} SiteReport */

class UsageError extends Error {}

async function main() {
  const { values, positionals } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const report = await convertSite(readOptions(values, positionals));
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report, values.quiet === true, values['dry-run'] === true);
  return report.pictures.some(({ failed }) => failed) ? FAILED : 0;
}

function parse() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean' });
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        out: text,
        'in-place': flag,
        quality: { ...text, short: 'q' },
        lic: text,
        base: text,
        'min-bytes': text,
        'min-saving': text,
        jobs: { ...text, short: 'j' },
        cache: text,
        'dry-run': flag,
        json: flag,
        quiet: flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/** @param {ReturnType<typeof parse>['values']} values @param {string[]} positionals */
function readOptions(values, positionals) {
  const [folder] = positionals;
  if (positionals.length !== 1) throw new UsageError('one folder is wanted; --help says more');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${folder} is not a folder`);
  if ((values.out === undefined) === !values['in-place']) throw new UsageError('either --out or --in-place is wanted');
  const out = values.out ?? folder;
  if (!values['in-place'] && `${resolve(folder)}${sep}`.startsWith(`${resolve(out)}${sep}`))
    throw new UsageError('--out must not be DIR, nor hold it');
  return {
    folder,
    out,
    lic: values.lic,
    base: values.base,
    cache: values.cache,
    dryRun: values['dry-run'],
    quality: readNumber('--quality', values.quality, 1, 100),
    minBytes: readNumber('--min-bytes', values['min-bytes'], 0, 2 ** 31),
    minSaving: readNumber('--min-saving', values['min-saving'], 0, 100),
    jobs: readNumber('--jobs', values.jobs, 1, 1024),
  };
}

/** @param {string} name @param {string | undefined} text @param {number} least @param {number} most */
function readNumber(name, text, least, most) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= least && value <= most))
    throw new UsageError(`${name} must be a number from ${least} to ${most}, not "${text}"`);
  return value;
}

/** @param {SiteReport} report @param {boolean} isQuiet @param {boolean} isDry */
function print({ pages, pictures, runtimeBytes, warnings }, isQuiet, isDry) {
  for (const warning of warnings) console.error(`warning: ${warning}`);
  for (const { file, kept, failed } of pictures) if (failed) console.error(`failed: ${file}: ${kept}`);
  if (isQuiet) return;
  for (const { file, bytes, licBytes, kept } of pictures) {
    console.log(
      licBytes === null
        ? `${file}: stays, ${kept}`
        : `${file}: ${bytes} -> ${licBytes} bytes, ${percent(licBytes, bytes)}`,
    );
  }
  const replaced = pictures.filter(({ licBytes }) => licBytes !== null);
  const before = replaced.reduce((sum, { bytes }) => sum + bytes, 0);
  const after = replaced.reduce((sum, { licBytes }) => sum + (licBytes ?? 0), 0);
  const rewritten = `${pages.rewritten} of ${pages.all} pages ${isDry ? 'would be ' : ''}rewritten`;
  console.log(`${rewritten}, ${replaced.length} of ${pictures.length} pictures replaced`);
  if (!replaced.length) return;
  const runtime = `script, decoder and model: ${runtimeBytes} bytes, once for the site`;
  console.log(`${before} -> ${after} bytes, ${percent(after, before)}; ${runtime}`);
  if (before - after < runtimeBytes)
    console.log('A visitor who sees these pictures only, and once, loads more than before.');
}

/** @param {number} after @param {number} before */
const percent = (after, before) => `${((after / before - 1) * 100).toFixed(1)} %`;

process.exitCode = await main().catch((error) => {
  console.error(`lic-static: ${error.message}`);
  if (error instanceof UsageError) return USAGE;
  if (error instanceof EncoderMissing) return NO_ENCODER;
  if (error.code) return IO;
  throw error;
});

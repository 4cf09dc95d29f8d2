// The demo's table: photos down, measurements across.

/** @typedef {[head: string, value: (row: any) => string | undefined]} Column */

/** @type {Column[]} */
const COLUMNS = [
  ['photo', (row) => row.name],
  ['pixels', (row) => row.size],
  ['bytes', (row) => String(row.bytes)],
  ['bpp', (row) => row.bpp.toFixed(3)],
  ['PSNR', (row) => (row.psnr === null ? 'equal' : `${row.psnr.toFixed(2)} dB`)],
  ['SSIM', (row) => row.ssim?.toFixed(4)],
  ['encode', (row) => milliseconds(row.encodeMs)],
  ['decode', (row) => milliseconds(row.nativeMs)],
  ['in Node', (row) => milliseconds(row.nodeMs)],
  ['in Chromium', (row) => milliseconds(row.chromiumMs)],
  ['Node differs', (row) => by(row.nodeDifference)],
  ['Chromium differs', (row) => by(row.chromiumDifference)],
];

const NOTES = `
encode, decode: by lic, file to file, with the loading of the model.
in Node, in Chromium: decode() of the web package, its second call. All on one thread, run once.
differs: by how much a sample differs at most from the one that lic decodes (of 255).`;

/** @param {number | undefined} ms */
function milliseconds(ms) {
  return ms === undefined ? undefined : `${ms.toFixed(0)} ms`;
}

/** @param {number | undefined} difference */
function by(difference) {
  return difference === undefined ? undefined : difference ? `by ${difference}` : 'not';
}

/** @param {any[]} rows */
export function printTable(rows) {
  const lines = [COLUMNS.map(([head]) => head), ...rows.map((row) => COLUMNS.map(([, value]) => value(row) ?? '-'))];
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const align = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  console.log();
  for (const line of lines) console.log(line.map(align).join('  ').trimEnd());
  console.log(NOTES);
}

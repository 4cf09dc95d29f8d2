// A .lic file on the screen, and how long that took.

import { decodeStrips, stats } from '../../dist/index.js';

const SLICE_PIXELS = 2 ** 20;

/**
 * Shows another file in a <lic-img>.
 * @param {HTMLElement & {src: string, decode(): Promise<void>}} image @param {string} url
 * @returns {Promise<{decodeMs: number | null, ms: number}>} milliseconds of decoding, null where other pictures were
 *   decoded meanwhile, and in all
 */
export async function load(image, url) {
  const before = stats();
  const start = performance.now();
  image.src = url;
  await image.decode();
  const ms = performance.now() - start;
  return { decodeMs: decodingSince(before), ms };
}

/** @param {import('../../dist/index.js').Stats} before @returns {number | null} */
function decodingSince(before) {
  const now = stats();
  const isAlone =
    now.decodes.started - before.decodes.started === 1 &&
    before.decodes.started === before.decodes.done + before.decodes.failed + before.decodes.aborted;
  return isAlone ? now.ms.entropy + now.ms.synthesis - before.ms.entropy - before.ms.synthesis : null;
}

/**
 * Decodes a file that has no address, into a canvas that is on no page.
 * @param {Blob} file @param {AbortSignal} [signal]
 */
export async function decodeFile(file, signal) {
  const canvas = document.createElement('canvas');
  const before = stats();
  const start = performance.now();
  const info = await decodeStrips(file, {
    signal,
    onInfo: ({ width, height }) => Object.assign(canvas, { width, height }),
    onProgress({ strip }) {
      const image = /** @type {ImageData | undefined} */ (strip?.image);
      if (image) canvas.getContext('2d', { colorSpace: image.colorSpace })?.putImageData(image, 0, strip?.y ?? 0);
    },
  });
  return { canvas, info, ms: performance.now() - start, decodeMs: decodingSince(before) };
}

/**
 * The picture in about the size in which it is shown, halved as often as that allows: browsers do not average the
 * pixels of a canvas.
 * @param {HTMLCanvasElement} canvas @param {number} width that is needed
 */
export async function shrink(canvas, width) {
  while (canvas.width >= 2 * width) canvas = await halve(canvas);
  return canvas;
}

/** In slices, between which the page goes on. @param {HTMLCanvasElement} canvas */
async function halve(canvas) {
  const half = document.createElement('canvas');
  half.width = Math.ceil(canvas.width / 2);
  half.height = Math.ceil(canvas.height / 2);
  const context = half.getContext('2d', { colorSpace: canvas.getContext('2d')?.getContextAttributes().colorSpace });
  const step = 2 * Math.ceil(SLICE_PIXELS / canvas.width / 2);
  for (let y = 0; y < canvas.height; y += step) {
    const rows = Math.min(step, canvas.height - y);
    context?.drawImage(canvas, 0, y, canvas.width, rows, 0, y / 2, half.width, Math.ceil(rows / 2));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return half;
}

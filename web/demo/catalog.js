// The pictures of the page: those that scripts/demo.sh has made, with files of other formats and of other qualities,
// and the samples. Whatever is not there is left out, and what is wrong is told.
//
//   demo-out/manifest.json ──┐
//   samples.json ────────────┴──> entries

import { info } from '../../dist/index.js';

/**
 * @typedef {{url: string, bytes: number}} File
 * @typedef {File & {quality: number, psnr: number | null}} Step of the quality dial
 * @typedef {{chain: number, level: number, width: number, height: number, bytes: number, zeros: number,
 *   least: number, most: number, url: string}} Grid of latents, and its picture
 * @typedef {{file: File, networks: number, alpha: number, grids: Grid[]}} Parts bytes of networks and alpha
 * @typedef {object} Entry one picture
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {Step} lic
 * @property {Record<string, File>} rivals by label
 * @property {Parts | null} parts of the overfitted file
 * @property {Step[]} dial by quality; empty where there is none
 */

const DEMO_FOLDER = '../../demo-out/';
const SAMPLES_FOLDER = '../../samples/';
const RIVALS = { jpeg: 'JPEG', avif: 'AVIF', visual: 'lic-visual', overfitted: 'Overfitted', original: 'Original' };

/** @param {(problem: string) => void} complain @returns {Promise<Entry[]>} */
export async function listEntries(complain) {
  const [made, samples] = await Promise.all([readMade(complain), readSamples(complain)]);
  return [...made, ...samples];
}

/** @param {(problem: string) => void} complain */
async function readMade(complain) {
  const manifest = await fetchJson('demo-out/manifest.json', complain);
  return [manifest ?? []].flat().flatMap((/** @type {any} */ picture) => {
    try {
      return [toEntry(picture)];
    } catch {
      complain(
        'demo-out/manifest.json describes a picture in a way that this page does not understand: ' +
          'run scripts/demo.sh again',
      );
      return [];
    }
  });
}

/** @param {any} picture of the manifest @returns {Entry} */
function toEntry(picture) {
  const toFile = (/** @type {{file: string, bytes: number}} */ { file, bytes }) => ({
    url: DEMO_FOLDER + encodeURIComponent(file),
    bytes,
  });
  const toStep = (/** @type {any} */ step) => ({ ...toFile(step), quality: step.quality, psnr: step.psnr });
  const found = Object.entries(RIVALS).filter(([key]) => picture[key]);
  return {
    name: toTitle(picture.name),
    width: picture.width,
    height: picture.height,
    lic: toStep(picture.lic),
    rivals: Object.fromEntries(found.map(([key, label]) => [label, toFile(picture[key])])),
    parts: picture.overfitted ? toParts(picture.overfitted, toFile) : null,
    dial: (picture.dial ?? []).map(toStep),
  };
}

/** @param {any} overfitted of the manifest @param {(file: any) => File} toFile @returns {Parts} */
function toParts(overfitted, toFile) {
  const { networks, alpha, grids } = overfitted.parts;
  const toGrid = (/** @type {any} */ grid) => ({ ...grid, url: toFile(grid).url });
  return { file: toFile(overfitted), networks, alpha, grids: grids.map(toGrid) };
}

/** @param {(problem: string) => void} complain @returns {Promise<Entry[]>} */
async function readSamples(complain) {
  const names = (await fetchJson('samples.json', complain)) ?? [];
  const found = names.map(async (/** @type {{file: string, bytes: number}} */ { file, bytes }) => {
    const url = SAMPLES_FOLDER + file;
    try {
      const { width, height, quality } = await info(url);
      return [
        {
          name: toTitle(file.replace(/\.lic$/, '')),
          width,
          height,
          lic: { url, bytes, quality, psnr: null },
          rivals: {},
          parts: null,
          dial: [],
        },
      ];
    } catch (error) {
      complain(`samples/${file} cannot be read: ${explain(error)}`);
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}

/**
 * @param {string} path @param {(problem: string) => void} complain
 * @returns {Promise<any>} null where there is no such file
 */
async function fetchJson(path, complain) {
  try {
    const response = await fetch(`../../${path}`);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await response.json();
  } catch (error) {
    complain(`${path} cannot be read: ${explain(error)}`);
    return null;
  }
}

/** @param {string} name of a file */
function toTitle(name) {
  const words = name.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {any} error */
export function explain(error) {
  return `${error?.message ?? error}${error?.code ? ` (${error.code})` : ''}`;
}

// The demo page: lists pictures, decodes the chosen or dropped one, shows what it weighs and how long it took, and beside it the
// same photo as JPEG and AVIF of about the same size.
//
//   demo-out/manifest.json ──┐
//   samples.json ────────────┼──> entries ──> gallery ──> open ──> decode ──> stage, facts
//   dropped or picked file ──┘

import { decode, info } from '../../dist/index.js';
import '../../dist/define.js';
import { Stage } from './compare.js';

/**
 * @typedef {{file: string, bytes: number}} Rival
 * @typedef {object} Entry one picture of the page
 * @property {string} name
 * @property {string | File} lic URL or file
 * @property {Record<string, {url: string, bytes: number}>} rivals by label
 */

const DEMO_FOLDER = '../../demo-out/';
const SAMPLES_FOLDER = '../../samples/';
const RIVALS = { jpeg: 'JPEG', avif: 'AVIF', original: 'Original' };

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

const stage = new Stage(byId('stage'));
/** @type {Entry[]} */
let entries = []; // of the gallery
/** @type {Entry | null} */
let current = null;
/** @type {AbortController | null} */
let running = null;

/** @param {string} url @returns {Promise<any>} null where there is no such file */
async function fetchJson(url) {
  const response = await fetch(url);
  return response.ok ? response.json() : null;
}

async function listEntries() {
  const [manifest, samples] = await Promise.all([fetchJson(`${DEMO_FOLDER}manifest.json`), fetchJson('../../samples.json')]);
  const compared = [manifest ?? []].flat().map((picture) => ({
    name: picture.name,
    lic: DEMO_FOLDER + picture.lic.file,
    rivals: rivalsOf(picture),
  }));
  const plain = (samples ?? []).map((/** @type {string} */ file) => ({
    name: file.replace(/\.lic$/, ''),
    lic: SAMPLES_FOLDER + file,
    rivals: {},
  }));
  return [...compared, ...plain];
}

/** @param {Record<string, Rival>} picture */
function rivalsOf(picture) {
  /** @type {Entry['rivals']} */
  const rivals = {};
  for (const [key, label] of Object.entries(RIVALS)) {
    if (picture[key]) rivals[label] = { url: DEMO_FOLDER + picture[key].file, bytes: picture[key].bytes };
  }
  return rivals;
}

function showGallery() {
  byId('gallery-section').hidden = entries.length === 0;
  byId('gallery').replaceChildren(
    ...entries.map((entry) => {
      const image = document.createElement('lic-img');
      image.src = String(entry.lic);
      image.alt = '';
      image.loading = 'lazy';
      const name = document.createElement('span');
      name.textContent = entry.name;
      const button = document.createElement('button');
      button.append(image, name);
      button.addEventListener('click', () => open(entry));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
  markCurrent();
}

function markCurrent() {
  [...byId('gallery').querySelectorAll('button')].forEach((button, i) => {
    button.setAttribute('aria-pressed', String(entries[i] === current));
  });
}

/** @param {Entry} entry */
async function open(entry) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  current = entry;
  markCurrent();
  byId('problem').hidden = true;
  try {
    const blob = typeof entry.lic === 'string' ? await fetchBlob(entry.lic, signal) : entry.lic;
    const header = await info(blob, { signal });
    const first = await timed(() => decode(blob, { signal }));
    showPicture(entry, first.result, blob.size);
    // The first decode of a page also loads the decoder and its model; the second is what a further picture costs.
    const again = await timed(() => decode(blob, { signal }));
    showFacts(blob.size, header, first.ms, again.ms);
  } catch (error) {
    if (!signal.aborted) showProblem(entry, error);
  }
}

/** @param {string} url @param {AbortSignal} signal */
async function fetchBlob(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.blob();
}

/** @template T @param {() => Promise<T>} work */
async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** @param {Entry} entry @param {ImageData} picture @param {number} bytes */
function showPicture(entry, picture, bytes) {
  const canvas = document.createElement('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', entry.name);
  canvas.getContext('2d')?.putImageData(picture, 0, 0);
  stage.show(canvas, picture.width, picture.height);
  byId('hint').hidden = true;
  byId('left-tag').textContent = `LIC ${formatBytes(bytes)}`;
  showRivals(entry);
}

/** @param {Entry} entry */
function showRivals(entry) {
  const labels = Object.keys(entry.rivals);
  byId('rivals').hidden = labels.length === 0;
  const choices = ['Nothing', ...labels].map((label, i) => {
    const choice = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'rival';
    input.checked = i === Math.min(1, labels.length);
    input.addEventListener('change', () => showRival(entry, label));
    const text = document.createElement('span');
    text.textContent = label;
    choice.append(input, text);
    return choice;
  });
  byId('rivals').replaceChildren(byId('rivals').querySelector('legend'), ...choices);
  showRival(entry, labels[0] ?? 'Nothing');
}

/** @param {Entry} entry @param {string} label */
function showRival(entry, label) {
  const rival = entry.rivals[label];
  byId('right-tag').textContent = rival ? `${label} ${formatBytes(rival.bytes)}` : '';
  if (!rival) return stage.compare(null);
  const image = document.createElement('img');
  image.src = rival.url;
  image.alt = `${entry.name} as ${label}`;
  image.draggable = false;
  stage.compare(image);
}

/**
 * @param {number} bytes @param {import('../index.js').Info} header @param {number} firstMs @param {number} ms
 */
function showFacts(bytes, header, firstMs, ms) {
  const pixels = header.width * header.height;
  const facts = [
    ['Size', formatBytes(bytes), `${bytes.toLocaleString('en')} bytes`],
    ['Bits per pixel', ((bytes * 8) / pixels).toFixed(3), `${(pixels / 1e6).toFixed(2)} megapixels`],
    ['Picture', `${header.width} × ${header.height}`, header.hasAlpha ? 'with alpha' : header.isGrey ? 'grey' : 'colour'],
    ['Quality', header.quality.toFixed(1), `model ${header.modelId}`],
    ['Decode time', `${ms.toFixed(0)} ms`, `the first time ${firstMs.toFixed(0)} ms`],
  ];
  byId('facts').replaceChildren(
    ...facts.map(([term, value, note]) => {
      const group = document.createElement('div');
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      const small = document.createElement('small');
      dt.textContent = term;
      small.textContent = note;
      dd.append(value, small);
      group.append(dt, dd);
      return group;
    }),
  );
}

/** @param {Entry} entry @param {any} error */
function showProblem(entry, error) {
  byId('problem').hidden = false;
  byId('problem').textContent = `${entry.name} cannot be shown: ${error.message}${error.code ? ` (${error.code})` : ''}`;
}

/** @param {number} bytes */
function formatBytes(bytes) {
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** @param {FileList | undefined} files */
function openFile(files) {
  const file = files?.[0];
  if (file) void open({ name: file.name, lic: file, rivals: {} });
}

function listen() {
  byId('file').addEventListener('change', (/** @type {any} */ { target }) => openFile(target.files));
  byId('zoom').addEventListener('change', (/** @type {any} */ { target }) => {
    stage.zoom = target.value;
  });
  addEventListener('dragover', (event) => {
    event.preventDefault();
    byId('stage').classList.add('dropping');
  });
  addEventListener('dragleave', () => byId('stage').classList.remove('dropping'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    byId('stage').classList.remove('dropping');
    openFile(event.dataTransfer?.files);
  });
}

listen();
entries = await listEntries();
// The gallery comes after the first picture, so that its pictures do not slow down what is timed.
if (entries.length) await open(entries[0]);
showGallery();

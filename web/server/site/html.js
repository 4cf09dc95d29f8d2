// The <img> of a page, and what takes their place. The rest of the page stays as it was, byte for byte.
//
//   html ──parse5──> findImages ──> images with their place in the text
//   html + replacements by place ──> replaceAt ──> html

import { parse } from 'parse5';

/**
 * @typedef {object} Attribute
 * @property {string} name
 * @property {string} value
 * @typedef {object} Image
 * @property {number} start of the tag in the text
 * @property {number} end
 * @property {Attribute[]} attributes
 * @property {string | null} keep why it must stay as it is
 * @typedef {object} Page
 * @property {Image[]} images
 * @property {string | null} base of its URLs, where it names one
 * @property {number} headEnd where the text takes what belongs into the head
 * @property {boolean} hasRuntime whether it loads <lic-img> already, by a tag of headTags()
 * @property {string[]} policies of its meta elements
 * @typedef {{start: number, end: number, text: string}} Replacement
 */

const MARK = 'data-lic-static';

// Elements that have an <img> for another purpose than to show that one picture.
const FALLBACK = 'it is the fallback of a <lic-img>';
const OWNERS = { 'lic-img': FALLBACK, picture: 'it is part of a <picture>', noscript: 'it is inside <noscript>' };

/**
 * @param {string} html a page or a part of one
 * @returns {Page}
 */
export function readPage(html) {
  const document = /** @type {any} */ (parse(html, { sourceCodeLocationInfo: true, scriptingEnabled: false }));
  /** @type {Page} */
  const page = { images: [], base: null, headEnd: 0, hasRuntime: false, policies: [] };
  walk(document, null, (node, keep) => readElement(node, keep, page));
  page.headEnd = findHeadEnd(document);
  return page;
}

/** @param {any} node @param {string | null} keep @param {(node: any, keep: string | null) => void} visit */
function walk(node, keep, visit) {
  visit(node, keep);
  const inside = OWNERS[/** @type {keyof typeof OWNERS} */ (node.nodeName)] ?? keep;
  for (const child of node.childNodes ?? []) walk(child, inside, visit);
  if (node.content) walk(node.content, inside, visit); // of a <template>
}

/** @param {any} node @param {string | null} keep @param {Page} page */
function readElement(node, keep, page) {
  const attribute = (/** @type {string} */ name) =>
    node.attrs.find((/** @type {Attribute} */ one) => one.name === name)?.value;
  if (node.nodeName === 'base') page.base ??= attribute('href') ?? null;
  if (node.nodeName === 'script' && attribute(MARK) !== undefined) page.hasRuntime = true;
  if (node.nodeName === 'meta' && /^content-security-policy$/i.test(attribute('http-equiv')))
    page.policies.push(attribute('content') ?? '');
  const place = node.sourceCodeLocation;
  if (node.nodeName !== 'img' || !place) return;
  page.images.push({
    start: place.startOffset,
    end: place.endOffset,
    attributes: node.attrs,
    keep: keep ?? reasonOf(attribute),
  });
}

/** @param {(name: string) => string | undefined} attribute */
function reasonOf(attribute) {
  if (!attribute('src')) return 'it has no src';
  if ((attribute('usemap') ?? attribute('ismap')) !== undefined) return 'it is an image map';
  if (attribute('data-lic') === 'off') return 'data-lic="off"';
  return null;
}

/**
 * Where a head has no end tag, the place is behind its last <meta>: browsers look for the encoding in the first 1024
 * bytes only.
 * @param {any} document
 */
function findHeadEnd(document) {
  const html = document.childNodes.find((/** @type {any} */ node) => node.nodeName === 'html');
  const head = html.childNodes.find((/** @type {any} */ node) => node.nodeName === 'head');
  const place = head.sourceCodeLocation;
  if (place?.endTag) return place.endTag.startOffset;
  const meta = head.childNodes.filter((/** @type {any} */ { nodeName }) => nodeName === 'meta').pop();
  const doctype = document.childNodes.find((/** @type {any} */ node) => node.nodeName === '#documentType');
  const before = [
    meta?.sourceCodeLocation,
    place?.startTag,
    html.sourceCodeLocation?.startTag,
    doctype?.sourceCodeLocation,
  ];
  return before.find(Boolean)?.endOffset ?? 0;
}

/**
 * @param {string} html
 * @param {Replacement[]} replacements that do not overlap
 */
export function replaceAt(html, replacements) {
  const parts = [];
  let at = 0;
  for (const { start, end, text } of [...replacements].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(html.slice(at, start), text);
    at = end;
  }
  return parts.join('') + html.slice(at);
}

/** How many <img> of a page are fallbacks of a <lic-img>. @param {Page} page */
export function countFallbacks({ images }) {
  return images.filter(({ keep }) => keep === FALLBACK).length;
}

/**
 * Writes a <lic-img> with the <img> as its fallback. Name and handlers belong to one element: they go to the <lic-img>.
 * The fallback is lazy, since browsers load an eager <img> even where it is not shown.
 * @param {Attribute[]} attributes of the <img>
 * @param {{src: string, srcset?: string}} sources of the <lic-img>
 */
export function licImage(attributes, { src, srcset }) {
  const isUnique = (/** @type {string} */ name) => name === 'id' || name.startsWith('on');
  const isSource = (/** @type {string} */ name) =>
    name === 'src' || name === 'srcset' || (name === 'sizes' && srcset === undefined);
  const outer = attributes.filter(({ name }) => !isSource(name));
  const inner = attributes.filter(({ name }) => !isUnique(name) && name !== 'loading' && name !== 'fetchpriority');
  const sources = [{ name: 'src', value: src }, ...(srcset === undefined ? [] : [{ name: 'srcset', value: srcset }])];
  const fallback = `<img${write([...inner, { name: 'loading', value: 'lazy' }])}>`;
  return `<lic-img${write([...sources, ...outer])}>${fallback}</lic-img>`;
}

/**
 * Writes the tags that a page needs to show <lic-img>.
 * @param {string} runtime URL of the folder
 */
export function headTags(runtime) {
  const script = write([
    { name: 'type', value: 'module' },
    { name: 'src', value: `${runtime}/dist/define.js` },
    { name: MARK, value: '' },
  ]);
  const link = write([
    { name: 'rel', value: 'stylesheet' },
    { name: 'href', value: `${runtime}/lic-img.css` },
  ]);
  return `<link${link}><script${script}></script>`;
}

/** @param {Attribute[]} attributes */
function write(attributes) {
  return attributes
    .map(({ name, value }) =>
      value === '' ? ` ${name}` : ` ${name}="${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`,
    )
    .join('');
}

/**
 * The candidates of a srcset: URLs, each with its descriptor or none.
 * @param {string} srcset
 * @returns {{url: string, descriptor: string}[]}
 */
export function parseSrcset(srcset) {
  const candidates = [...srcset.matchAll(/([^\s,]\S*[^\s,]|[^\s,])(?:\s+([^,]*))?(?:,|$)/g)];
  return candidates.map(([, url, descriptor = '']) => ({ url, descriptor: descriptor.trim() }));
}

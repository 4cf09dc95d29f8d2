// A page with <lic-img> wherever that saves bytes.

import { countFallbacks, headTags, licImage, parseSrcset, readPage, replaceAt } from './html.js';

/**
 * @typedef {import('./html.js').Image} Image
 * @typedef {import('./html.js').Page} Page
 * @typedef {import('./pictures.js').Made} Made
 * @typedef {object} Surroundings
 * @property {string} path URL path of the page, with all before it
 * @property {string | null} [address] where the site's files lie, with a slash at its end, if that is another server
 *   than the page's; the paths of its files then begin at this address
 * @property {import('./pictures.js').Pictures} pictures
 * @property {(path: string) => string | null} find the picture file for a decoded URL path
 * @property {(made: Made, path: string) => Promise<void> | void} use a .lic file that the page refers to, by its
 *   decoded URL path
 * @property {(page: Page) => string} runtime URL, as the page writes it, of the folder with the script
 * @property {(message: string) => void} warn
 */

const ORIGIN = 'https://site.invalid';
// Stands before everything else in a file, also before the doctype.
const BYTE_ORDER_MARK = '\ufeff';
const PICTURE = /\.(png|jpe?g)$/i;

/**
 * @param {string} html
 * @param {Surroundings} surroundings
 * @returns {Promise<string>} the same text if nothing is gained
 */
export async function rewritePage(html, surroundings) {
  if (html.startsWith(BYTE_ORDER_MARK)) return BYTE_ORDER_MARK + (await rewritePage(html.slice(1), surroundings));
  const page = readPage(html);
  const texts = await Promise.all(page.images.map((image) => replaceImage(image, page, surroundings)));
  const replacements = page.images.flatMap(({ start, end }, i) => {
    const text = texts[i];
    return text === null ? [] : [{ start, end, text }];
  });
  const changed = replacements.length;
  if (!changed) return html;
  if (!page.hasRuntime)
    replacements.push({ start: page.headEnd, end: page.headEnd, text: headTags(surroundings.runtime(page)) });
  for (const policy of page.policies) {
    if (!policy.includes("'wasm-unsafe-eval'"))
      surroundings.warn("its Content-Security-Policy lacks 'wasm-unsafe-eval', which the decoder needs");
  }
  const rewritten = replaceAt(html, replacements);
  // Where a page is malformed, as by an <img> inside <svg>, browsers may take a <lic-img> for something else.
  if (countFallbacks(readPage(rewritten)) === countFallbacks(page) + changed) return rewritten;
  surroundings.warn('its markup is malformed around a picture, and stays as it is');
  return html;
}

/**
 * @param {Image} image @param {Page} page @param {Surroundings} surroundings
 * @returns {Promise<string | null>} null: it stays
 */
async function replaceImage({ attributes, keep }, page, surroundings) {
  if (keep) return null;
  const value = (/** @type {string} */ name) => attributes.find((one) => one.name === name)?.value ?? '';
  const candidates = parseSrcset(value('srcset'));
  const urls = [value('src'), ...candidates.map(({ url }) => url)];
  const places = await Promise.all(urls.map((url) => findPicture(url, page, surroundings)));
  // All or none: a browser that picks one size must not find it in the other form.
  if (places.includes(null)) return null;
  const found = /** @type {NonNullable<typeof places[0]>[]} */ (places);
  const [src, ...others] = await Promise.all(
    found.map(async ({ url, made, path }) => {
      await surroundings.use(made, renameLast(path, made.name));
      return renameLast(url.trim().replace(/[?#].*$/s, ''), encodeURIComponent(made.name));
    }),
  );
  const srcset = candidates.map(({ descriptor }, i) => `${others[i]} ${descriptor}`.trim()).join(', ');
  return licImage(attributes, candidates.length ? { src, srcset } : { src });
}

/** @param {string} path @param {string} name for what stands after the last slash */
const renameLast = (path, name) => path.slice(0, path.lastIndexOf('/') + 1) + name;

/**
 * The picture that a URL means, if it is one of the site and is better as .lic.
 * @param {string} url @param {Page} page @param {Surroundings} surroundings
 */
async function findPicture(url, { base }, { path, address, find, pictures }) {
  const pathname = sitePath(url, new URL(encodeURI(path), ORIGIN), base, address);
  const file = pathname !== null && PICTURE.test(pathname) ? find(pathname) : null;
  if (pathname === null || file === null) return null;
  const made = await pictures.get(file);
  return made.kept ? null : { url, made, path: pathname };
}

/**
 * The path, decoded, of a URL on this site.
 * @param {string} url @param {URL} page @param {string | null} base of the page's URLs
 * @param {string | null} [address] of the site's files
 */
function sitePath(url, page, base, address) {
  try {
    const { origin, host, pathname } = new URL(url, new URL(base ?? '', page));
    if (origin === ORIGIN) return decodeURIComponent(pathname);
    const other = address ? new URL(address, ORIGIN) : null;
    if (host !== other?.host || !pathname.startsWith(other.pathname)) return null;
    return decodeURIComponent(pathname.slice(other.pathname.length - 1));
  } catch {
    return null; // not a URL
  }
}

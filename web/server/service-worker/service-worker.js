// `lic-codec/service-worker`: plain <img src="photo.lic"> in browsers without an element or a script on the page.
//
//   fetch event of an image ──fetch──> .lic ──decode──> OffscreenCanvas ──> PNG ──> the page
//                                        └── same ETag ──> Cache API ────────────────┘
//
// A service worker may start neither workers nor import() anything: pictures are decoded on its own thread, in slices,
// one after the other.

import { LicError } from '../../common/errors.js';
import { models, wasm } from '../../common/places.js';
import { createApi } from '../../decoder/api.js';
import { localPlatform } from '../../engine/local.js';
import { DecodedCache } from './decoded-cache.js';

/**
 * @typedef {import('./service-worker.js').ServiceWorkerOptions} ServiceWorkerOptions
 * @typedef {{maxPixels: number, origins: string[], cache: DecodedCache | null, placeholder:
 *   ServiceWorkerOptions['placeholder'], onError: (error: unknown, url: string) => void}} Settings
 * @typedef {{request: Request, respondWith: (response: Promise<Response>) => void, waitUntil: (work: Promise<unknown>)
 *   => void}} FetchEvent
 */

const LIC_TYPE = 'image/x-lic';

export { LicError };

const { decode, configure } = /* @__PURE__ */ createApi(localPlatform({ models, wasm }));

export { configure };

/** @param {ServiceWorkerOptions} [options] */
export function serveLicImages({
  maxPixels = 50_000_000,
  origins = [],
  cache = {},
  placeholder,
  onError = () => {},
} = {}) {
  const { name = 'lic-pictures', maxBytes = 64 * 2 ** 20 } = cache || {};
  const settings = {
    maxPixels,
    origins: [location.origin, ...origins],
    cache: cache ? new DecodedCache(name, maxBytes) : null,
    placeholder,
    onError,
  };
  addEventListener('fetch', (event) => {
    const fetching = /** @type {FetchEvent} */ (/** @type {unknown} */ (event));
    if (isWanted(fetching.request, settings)) fetching.respondWith(answer(fetching, settings));
  });
}

/** @param {Request} request @param {Settings} settings */
function isWanted({ method, destination, url }, { origins }) {
  const { origin, pathname } = new URL(url);
  return method === 'GET' && destination === 'image' && pathname.endsWith('.lic') && origins.includes(origin);
}

/** @param {FetchEvent} event @param {Settings} settings */
async function answer(event, settings) {
  const { url } = event.request;
  try {
    return await open(event, settings);
  } catch (error) {
    settings.onError(error, url);
    const { placeholder } = settings;
    const shown = typeof placeholder === 'string' ? fetch(placeholder) : placeholder?.(error, url);
    return (await Promise.resolve(shown).catch(() => null)) ?? Response.error();
  }
}

/** @param {FetchEvent} event @param {Settings} settings */
async function open(event, { cache, maxPixels }) {
  const { url, signal, credentials, integrity, cache: mode } = event.request;
  const isSame = new URL(url).origin === location.origin;
  const fetching = fetch(url, {
    signal,
    integrity,
    headers: { Accept: LIC_TYPE },
    mode: isSame ? 'same-origin' : 'cors',
    credentials: isSame ? credentials : 'same-origin',
    cache: mode,
  });
  const file = await fetching.catch((error) => error);
  if (file instanceof Error) {
    const known = signal.aborted ? null : await cache?.match(url);
    if (known) return known;
    throw file;
  }
  // The server has made a picture of the file already, or says that there is none.
  if (!file.ok || isOtherPicture(file)) return file;
  const version = versionOf(file);
  const known = version && (await cache?.match(url, version));
  if (known) {
    void file.body?.cancel();
    return known;
  }
  const png = await toPng(/** @type {any} */ (await decode(file, { signal, maxPixels })));
  const shown = new Response(png, { headers: { 'Content-Type': 'image/png', 'X-Content-Type-Options': 'nosniff' } });
  if (version && cache && mayKeep(file)) event.waitUntil(cache.put(url, version, png));
  return shown;
}

/** @param {Response} response */
function isOtherPicture({ headers }) {
  const type = headers.get('Content-Type') ?? '';
  return type.startsWith('image/') && !type.startsWith(LIC_TYPE);
}

/** @param {Response} response */
function mayKeep({ headers }) {
  return !/(^|[,\s])(no-store|private)\b/i.test(headers.get('Cache-Control') ?? '');
}

/**
 * What tells this state of a file from others, or null where the server says nothing of it.
 * @param {Response} response
 */
function versionOf({ headers }) {
  const [etag, date, length] = ['ETag', 'Last-Modified', 'Content-Length'].map((name) => headers.get(name));
  return etag ?? (date && length ? `${date} ${length}` : null);
}

/** @param {ImageData} picture @returns {Promise<Blob>} */
async function toPng(picture) {
  const { width, height, colorSpace } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace });
  if (!context) throw new LicError('out_of_memory', `no canvas of ${width} x ${height} pixels`);
  context.putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

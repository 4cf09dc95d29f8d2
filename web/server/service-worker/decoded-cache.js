// Decoded pictures in the Cache API, so many bytes of them: the oldest go first.

const VERSION = 'X-Lic-Version';

export class DecodedCache {
  #name;
  #maxBytes;
  /** @type {Promise<Map<string, number>> | null} bytes by URL, the oldest first */
  #sizes = null;

  /** @param {string} name @param {number} maxBytes */
  constructor(name, maxBytes) {
    this.#name = name;
    this.#maxBytes = maxBytes;
  }

  /**
   * @param {string} url
   * @param {string} [version] of the file; without, any will do
   * @returns {Promise<Response | undefined>}
   */
  async match(url, version) {
    const known = await (await caches.open(this.#name)).match(url, { ignoreVary: true });
    return known && (version === undefined || known.headers.get(VERSION) === version) ? known : undefined;
  }

  /**
   * A cache that is full or forbidden is none: failures are not reported.
   * @param {string} url @param {string} version @param {Blob} png
   */
  async put(url, version, png) {
    if (png.size > this.#maxBytes) return;
    try {
      const cache = await caches.open(this.#name);
      const headers = {
        'Content-Type': 'image/png',
        'Content-Length': String(png.size),
        'X-Content-Type-Options': 'nosniff',
        [VERSION]: version,
      };
      await cache.put(url, new Response(png, { headers }));
      const sizes = await (this.#sizes ??= listSizes(cache));
      sizes.delete(url);
      sizes.set(url, png.size);
      await this.#evict(cache, sizes);
    } catch {
      this.#sizes = null;
    }
  }

  /** @param {Cache} cache @param {Map<string, number>} sizes */
  async #evict(cache, sizes) {
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [url, size] of sizes) {
      if (bytes <= this.#maxBytes) return;
      bytes -= size;
      sizes.delete(url);
      await cache.delete(url);
    }
  }
}

/** @param {Cache} cache @returns {Promise<Map<string, number>>} */
async function listSizes(cache) {
  const requests = await cache.keys();
  const entries = await Promise.all(
    requests.map(async (request) => {
      const response = await cache.match(request);
      return /** @type {const} */ ([request.url, Number(response?.headers.get('Content-Length') ?? 0)]);
    }),
  );
  return new Map(entries);
}

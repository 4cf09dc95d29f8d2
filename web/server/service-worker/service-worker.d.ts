// Types of `lic-codec/service-worker`.

import type { Configuration } from 'lic-codec';

export { LicError } from 'lic-codec';

export interface ServiceWorkerOptions {
  /** Larger pictures are errors. @default 50_000_000 */
  maxPixels?: number;
  /**
   * Other origins whose pictures are decoded, such as `https://img.example.org`; they must allow it by CORS.
   * @default []
   */
  origins?: string[];
  /**
   * Keeps decoded pictures in the Cache API, the oldest go first. A picture is used while its file has the same ETag,
   * or date and length, and when the network fails; never one with `Cache-Control: no-store` or `private`. false: keep
   * none.
   * @default { name: 'lic-pictures', maxBytes: 64 MiB }
   */
  cache?: false | { name?: string; maxBytes?: number };
  /**
   * What is shown instead of a picture that cannot be: the URL of another one, or a function. Without, the `<img>`
   * fails.
   */
  placeholder?: string | ((error: unknown, url: string) => Response | Promise<Response>);
  /** Is told of each picture that cannot be shown: a LicError, an error of fetch(), or an AbortError. */
  onError?: (error: unknown, url: string) => void;
}

/**
 * To be called while a service worker starts. Requests of pages for images that end in `.lic`, by `<img>` or CSS, are
 * answered with the decoded picture as PNG; all others, those of `<lic-img>` and fetch() included, are left alone.
 */
export function serveLicImages(options?: ServiceWorkerOptions): void;

/** Says where the decoder and its models lie; `configure()` of `lic-codec`, for this service worker. */
export function configure(configuration: Configuration): void;

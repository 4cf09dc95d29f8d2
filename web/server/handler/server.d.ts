// Types of `lic-codec/server`: .lic pictures over HTTP, for those who can decode them and for those who cannot.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

import type { Decoder } from 'lic-codec';

/** What a .lic file can be turned into. */
export type PictureFormat = 'avif' | 'webp' | 'jpeg' | 'png';

/** A .lic file, wherever it lies. */
export interface StoredPicture {
  /** How many bytes it has. */
  readonly size: number;
  /** Names the bytes: other bytes have another one. It has no quotation marks. */
  readonly etag: string;
  readonly lastModified?: Date;
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
  stream(start: number, end: number): Readable;
}

/**
 * Finds a picture. `path` is what follows the handler's place in the URL, decoded: names joined by slashes, none of
 * them empty or beginning with a dot, the last ending in `.lic`. Gives null where there is none; bytes get an ETag of
 * their SHA-256.
 */
export type Source = (
  path: string,
  options: { signal: AbortSignal },
) => Promise<StoredPicture | Uint8Array | null> | StoredPicture | Uint8Array | null;

export interface LicHandlerOptions {
  /** A folder of .lic files and folders of them, or a function that finds a picture. */
  source: string | Source;
  /** Whether links may lead out of the folder. @default false */
  followSymlinks?: boolean;
  /**
   * The part of the URL's path before the pictures. Not needed where a framework takes it away, as Express does.
   * @default ''
   */
  prefix?: string;

  /**
   * What clients without a decoder may get, the favourite first. A format is left out for pictures that it cannot hold,
   * and WebP goes before AVIF for pictures with alpha.
   * @default ['avif', 'webp', 'jpeg', 'png'], without sharp ['png']
   */
  formats?: PictureFormat[];
  /**
   * Options of sharp's encoders. Those that are given replace single values of the defaults.
   * @default { avif: { quality: 55, effort: 2 }, webp: { quality: 80 }, jpeg: { quality: 82 }, png: {} }
   */
  encoders?: Partial<Record<PictureFormat, Record<string, unknown>>>;
  /**
   * Widths in pixels that can be asked for; a request gets the next one above its own.
   * @default 160 to 3840 in 12 steps
   */
  widths?: number[];
  /**
   * Qualities, 1 to 100, that can be asked for; a request gets the next one above its own, or the best. [] forbids
   * `?quality=`.
   * @default [30, 50, 70, 90]
   */
  qualities?: number[];
  /** false: do without sharp, even if it is installed. @default true */
  sharp?: boolean;

  /** Seconds for which a client may use a picture without asking. @default 3600 */
  maxAge?: number;
  /** The URL of a picture never stands for another one: clients need not ask again, for a year. @default false */
  immutable?: boolean;
  /** Headers that every answer gets besides, such as `Access-Control-Allow-Origin`. */
  headers?: Record<string, string>;

  /** Bytes of made pictures that are kept in memory. @default 64 MiB */
  memoryCacheBytes?: number;
  /** Keeps made pictures in a folder as well, up to `maxBytes` for each process that uses it; 1 GiB by default. */
  diskCache?: { folder: string; maxBytes?: number };

  /**
   * What decodes: one of `createDecoder()`, to share it or to use other models. By default one of the handler's own,
   * with `concurrency` worker threads.
   */
  decoder?: Pick<Decoder, 'decode'>;
  /** Names the version of `decoder`: pictures made with another tag are not taken from caches. @default none */
  decoderTag?: string;
  /**
   * A small .lic file for `health()`. Needed where the decoder has no model of this package.
   * @default a picture of one pixel
   */
  sample?: Uint8Array;
  /** Larger pictures are not decoded. @default 50_000_000 */
  maxPixels?: number;
  /** Larger files are not decoded. @default 64 MiB */
  maxFileBytes?: number;
  /** Pictures that are made at a time. @default the number of processors */
  concurrency?: number;
  /** Pictures that may wait for their turn; one more is answered with 503. @default 64 */
  maxQueue?: number;
  /** Milliseconds after which the making of a picture, waiting included, is given up. @default 30_000 */
  timeoutMs?: number;

  /** true: measure with prom-client, in its default registry; or in the registry given. @default false */
  metrics?: boolean | { register: object };
  /** Is told of errors that were answered with a status of 500 or above, or that broke off an answer. */
  onError?: (error: unknown, request: IncomingMessage) => void;
}

/** A handler of requests for node:http, Express, Connect and, by `request.raw` and `reply.raw`, Fastify. */
export interface LicHandler {
  /** Requests for anything but a picture that exists go to `next`, or are answered with 404 where there is none. */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /**
   * Answers 200 if a small picture, decoded for the purpose once, came out right and the queue has room; 503 otherwise.
   */
  health(request: IncomingMessage, response: ServerResponse): void;
  /** Ends all work and gives the decoder's memory back. Requests that come later are answered with 503. */
  close(): Promise<void>;
}

/** Rejects with a TypeError for wrong options and with an Error where what they name is missing. */
export function createLicHandler(options: LicHandlerOptions): Promise<LicHandler>;

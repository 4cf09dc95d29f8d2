// Types of `lic-codec`. The same for browsers, Node and workerd.

/** What a .lic file may come in. A string is a URL; in Node, one without a scheme is a path. */
export type Source =
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | URL
  | string;

/** What the header of a .lic file says (docs/format.md#header). */
export interface Info {
  readonly width: number;
  readonly height: number;
  /** 0: the file's model was not released when it was written, 1: released. */
  readonly version: number;
  /** 1..100, in steps of 1/256. */
  readonly quality: number;
  readonly hasAlpha: boolean;
  readonly isGrey: boolean;
  /** Names the model that decodes the file: 16 hexadecimal digits. */
  readonly modelId: string;
  /** Names the synthesis that the file was encoded for. */
  readonly headHash: string;
  /** Side of a tile in units of 64 pixels. */
  readonly tileUnits: number;
}

/** A decoded picture as Node gets it, of the shape of an ImageData: straight alpha, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha of each pixel. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace: 'srgb';
}

// Both are there only where the project's `lib` has them.
type ImageDataOrPicture = typeof globalThis extends { ImageData: { prototype: infer T } } ? T : Picture;
type WebAssemblyModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

export interface DecodeOptions {
  /** Stops the fetch, the waiting and the running decoder; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * A larger picture is rejected as `limit_exceeded` as soon as its header is read.
   * @default 100_000_000
   */
  maxPixels?: number;
  /** Called when the header is read, before the rest of the file is there. */
  onInfo?: (info: Info) => void;
}

/**
 * Decodes a .lic file. Browsers decode in a worker, or in slices on this thread where workers cannot start; Node decodes in
 * slices and gets a `Picture`. The bytes of a buffer are neither changed nor transferred, and must not change before the promise settles.
 *
 * Rejects with a `LicError`, with the reason of `signal` (an AbortError by default), or with a TypeError for wrong arguments.
 */
export function decode(source: Source, options?: DecodeOptions): Promise<ImageDataOrPicture>;

export interface InfoOptions {
  signal?: AbortSignal;
}

/** Reads the header; of a stream no more than its beginning. Needs neither WebAssembly nor a model. Rejects as `decode` does. */
export function info(source: Source, options?: InfoOptions): Promise<Info>;

/**
 * SHA-256, in hexadecimal, of what the entropy decoder makes of a file: equal on every machine.
 * For conformance tests. Rejects as `decode` does.
 */
export function hashSymbols(source: Source, options?: DecodeOptions): Promise<string>;

type Awaitable<T> = T | PromiseLike<T>;

export interface Configuration {
  /** Where the decoder lies. By default `lic.wasm` beside this package's code. */
  wasm?: Awaitable<WebAssemblyModule | Source>;
  /**
   * Where the models lie: one model file for all pictures, or one for each model id (see `Info.modelId`), which go before those
   * of the package.
   */
  models?: Awaitable<Source> | Record<string, Awaitable<Source>>;
}

/** Says where the decoder and its models lie, for calls to come. */
export function configure(configuration: Configuration): void;

/** Gives all memory and workers back when the running calls have ended. Later calls start anew. */
export function close(): void;

/** Codes of docs/format.md#errors that this package reports. */
export type LicErrorCode =
  | 'not_lic'
  | 'unsupported_version'
  | 'truncated'
  | 'bad_checksum'
  | 'bad_header'
  | 'bad_section'
  | 'bad_stream'
  | 'limit_exceeded'
  | 'unknown_model'
  | 'model_mismatch'
  | 'bad_model'
  | 'out_of_memory'
  | 'io_error'
  | 'internal';

export class LicError extends Error {
  constructor(code: LicErrorCode, message: string, options?: { details?: Record<string, unknown>; cause?: unknown });
  readonly name: 'LicError';
  /** What went wrong. */
  readonly code: LicErrorCode;
  /** Facts that belong to it, such as the `status` of a server's answer or the `modelId` that is not at hand. */
  readonly details: Readonly<Record<string, unknown>>;
}

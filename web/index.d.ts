// Types of `lic-codec`, the same for browsers, Node and workerd.

/** Bytes in memory. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/**
 * What may hold a .lic file. A string is a URL; in Node, a string without a scheme is a path. Iterables that give bytes
 * are those of Node's streams: files, requests.
 */
export type Source = Bytes | Blob | Response | ReadableStream<Bytes> | AsyncIterable<Bytes> | URL | string;

/** What the header of a .lic file says (docs/format.md#header). */
export interface Info {
  readonly width: number;
  readonly height: number;
  /** 0: the file's model was not released when it was written, 1: released; 2: the file carries its networks. */
  readonly version: number;
  /**
   * How the picture is coded. 'autoencoder': by networks of a model file, which many pictures share. 'overfitted': by
   * networks of its own, which the file carries; no model is fetched.
   */
  readonly coding: 'autoencoder' | 'overfitted';
  /** 1..100, in steps of 1/256. */
  readonly quality: number;
  readonly hasAlpha: boolean;
  readonly isGrey: boolean;
  /** Names the model that decodes the file: 16 hexadecimal digits; null: it needs none. */
  readonly modelId: string | null;
  /** Names the synthesis that the file was encoded for: 16 hexadecimal digits; null: it carries its own. */
  readonly headHash: string | null;
  /** Side of a tile in units of 64 pixels. */
  readonly tileUnits: number;
  /** The ICC profile that the file keeps; null where it keeps none and the picture is sRGB. */
  readonly profile: Profile | null;
}

/** What the beginning of a file tells about its ICC profile. */
export interface Profile {
  /** Its description; null where that does not lie in the first kilobyte of the file. */
  readonly name: string | null;
  /** The colour space of a canvas that it stands for; null for any other, which is shown as if it were sRGB. */
  readonly colorSpace: 'srgb' | 'display-p3' | null;
  readonly bytes: number;
}

/** A part of a picture, in pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A decoded picture as Node gets it, of the shape of an ImageData: straight alpha, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha of each pixel. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace: 'srgb' | 'display-p3';
}

// ImageData and ImageBitmap have types only where the project's `lib` has them.
type ImageDataOrPicture = typeof globalThis extends { ImageData: { prototype: infer T } } ? T : Picture;
type ImageBitmapHere = typeof globalThis extends { ImageBitmap: { prototype: infer T } } ? T : never;
type WebAssemblyModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

export interface DecodeOptions {
  /** Stops the fetch, the waiting and the running decoder; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * A larger picture is rejected as `limit_exceeded` as soon as its header is read.
   * @default 100_000_000
   */
  maxPixels?: number;
  /** Decode only this part, which is exactly that part of the whole picture. Outside the picture it is a RangeError. */
  region?: Region;
  /**
   * The synthesis that must be used: its `Info.headHash`, or 'file' for the one that the file was encoded for. With
   * another one at hand the promise rejects with `model_mismatch`. By default any head of the file's model will do.
   */
  head?: string;
  /** Called when the header is read, before the rest of the file is there. */
  onInfo?: (info: Info) => void;
  /**
   * Called at most once, before the first strip, with the colours of the picture or region: a pixel for each 32 x 32,
   * or 4 x 4 of pictures that carry their own networks, to be drawn scaled up and smoothed. A preview comes from what
   * is first in the file. None is made where the whole file is there and small.
   */
  preview?: (image: ImageDataOrPicture) => void;
  /** Called as bytes come and as rows are made. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** What the call is about: bytes that have come, or rows that are made. */
  readonly phase: 'loading' | 'decoding';
  /** Bytes of the file that have come. */
  readonly loaded: number;
  /** How much of the decoding is done, from 0 to 1. */
  readonly fraction: number;
  /** Rows of the picture that are final. */
  readonly rows: number;
  /** The rows that are new, from row `y` on. */
  readonly strip?: { readonly y: number; readonly image: ImageDataOrPicture };
}

/**
 * Decodes a .lic file, while it is still coming in. Browsers decode in a worker, or in slices on this thread where
 * workers cannot start. Node decodes in slices (see `Configuration.workers`) and gives a `Picture`. The bytes of a
 * buffer are neither changed nor transferred, and must not change before the promise settles. Bytes behind the picture
 * that are no whole section, such as zeros or a line that a server appended, change nothing.
 *
 * Rejects with a `LicError`, with the reason of `signal` (an AbortError by default), or with a TypeError for wrong
 * arguments.
 */
export function decode(source: Source, options?: DecodeOptions): Promise<ImageDataOrPicture>;

/**
 * Decodes to an ImageBitmap, which is made in the worker where that is possible. Rejects as `decode` does, and with a
 * NotSupportedError where there are no ImageBitmaps.
 */
export function decodeToBitmap(source: Source, options?: DecodeOptions): Promise<ImageBitmapHere>;

/**
 * Decodes a file for its strips alone, which `onProgress` gets. Nothing holds the whole picture: it is for canvases,
 * and for pictures that are larger than memory. Gives what the header says. Rejects as `decode` does.
 */
export function decodeStrips(source: Source, options?: DecodeOptions): Promise<Info>;

export interface InfoOptions {
  signal?: AbortSignal;
}

/**
 * Reads the header and the profile's name. It reads no more than the beginning of a stream and asks a URL for the first
 * kilobyte. It needs neither WebAssembly nor a model. Rejects as `decode` does.
 */
export function info(source: Source, options?: InfoOptions): Promise<Info>;

/**
 * Gives the SHA-256, in hexadecimal, of what the entropy decoder makes of a file. It is equal on every machine, and is
 * for conformance tests. Rejects as `decode` does.
 */
export function hashSymbols(source: Source, options?: DecodeOptions): Promise<string>;

type Awaitable<T> = T | PromiseLike<T>;

export interface Configuration {
  /**
   * Where the decoder lies. By default it is `lic.wasm` beside this package's code, or `lic-relaxed.wasm` where the
   * engine has relaxed SIMD, which only the synthesis uses. Both decode every file. For files that carry their own
   * networks it is `lic-overfitted.wasm`, which decodes them alone and is small. One decoder that is set here is used
   * for every file.
   */
  wasm?:
    | Awaitable<WebAssemblyModule | Source>
    | {
        simd: Awaitable<WebAssemblyModule | Source>;
        relaxed?: Awaitable<WebAssemblyModule | Source>;
        overfitted?: Awaitable<WebAssemblyModule | Source>;
      };
  /**
   * Where the models lie: one model file for all pictures, or one for each model id (see `Info.modelId`). These go
   * before the models of the package. A file with another head of the same model is named `modelId/headHash`.
   */
  models?: Awaitable<Source> | Record<string, Awaitable<Source>>;
  /**
   * How many workers there may be at a time. With 0 this thread decodes, in slices.
   * @default in browsers 4 or as many as there are processors, in Node 0
   */
  workers?: number;
  /** Whether each picture leaves `performance.measure` entries `lic:load` and `lic:decode`. */
  measures?: boolean;
}

/** Changes settings for calls to come. */
export function configure(configuration: Configuration): void;

/** What has been done so far. */
export interface Stats {
  readonly decodes: {
    readonly started: number;
    readonly done: number;
    readonly failed: number;
    readonly aborted: number;
  };
  /** Bytes of the files that were decoded, and pixels of their pictures. */
  readonly bytes: number;
  readonly pixels: number;
  /** Milliseconds, summed up over the pictures that were decoded. Loading and decoding overlap. */
  readonly ms: {
    readonly load: number;
    /** In the queue. */
    readonly wait: number;
    readonly entropy: number;
    readonly synthesis: number;
    readonly total: number;
  };
  /** Bytes of linear memory, now and at most. */
  readonly memory: { readonly bytes: number; readonly peak: number };
  readonly workers: { readonly running: number; readonly busy: number; readonly most: number };
  /** WebAssembly instances: `recycled` counts the pictures that found one ready. */
  readonly instances: { readonly created: number; readonly recycled: number; readonly dropped: number };
  /** Which WebAssembly is used; null before it was needed. */
  readonly wasm: 'simd' | 'relaxed' | 'overfitted' | 'given' | null;
}

export function stats(): Stats;

// `using` needs a library that knows Symbol.dispose.
type Dispose = SymbolConstructor extends { readonly dispose: infer T } ? T : never;

/** A decoder with workers and settings of its own. */
export type Decoder = {
  decode: typeof decode;
  decodeStrips: typeof decodeStrips;
  decodeToBitmap: typeof decodeToBitmap;
  hashSymbols: typeof hashSymbols;
  stats: typeof stats;
  /** Ends the decoder when the running calls have ended; later calls reject. */
  close(): void;
} & { [K in Dispose & symbol]: () => void };

export function createDecoder(configuration?: Configuration): Decoder;

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

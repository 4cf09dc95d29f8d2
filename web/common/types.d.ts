// Types of what passes between a page and its workers, and of what the platforms differ in.
//
// Both ends of the messages know these; neither end knows the other's code.

import type { LicErrorCode, Region, Source } from '../index.d.ts';

/** Pixels of a picture, or of a part of one. */
export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue, alpha of each pixel, rows from the top. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Rows of a picture from `y` on. */
export interface Strip {
  y: number;
  image: Pixels;
}

/** A model file. */
export interface Model {
  /** Names the file on this page: unlike an id, it costs nothing to find. */
  serial: number;
  /** Absent where the engine has been sent the same serial before. */
  bytes?: Uint8Array;
}

/** A compiled decoder. */
export interface Code {
  /** As with models. */
  serial: number;
  module?: WebAssembly.Module;
}

/** What an engine is to do with one file. */
export interface Job {
  /** 'bitmap': the pixels are there already, in `picture`. */
  kind: 'decode' | 'hash' | 'bitmap';
  maxPixels: number;
  /** Of the picture, or of the region. */
  width: number;
  height: number;
  region?: Region;
  /** Whether the file is read and verified to its end. A region does not wait for bytes that come after it. */
  toEnd: boolean;
  /** The head that must be used; without it any head of the model will do. */
  headHash?: string;
  /** Whether a preview is wanted, whether strips are, whether the whole picture is, and whether as an ImageBitmap. */
  preview: boolean;
  strips: boolean;
  whole: boolean;
  bitmap: boolean;
  /** What a bitmap is made of. */
  picture?: Pixels;
  colorSpace: PredefinedColorSpace;
  /** Whether the pixels are to be converted from Display P3 to sRGB. */
  isConverted: boolean;
  /** What decodes it. */
  code: Code;
  /** null: the file needs none. */
  model: Model | null;
}

/** Milliseconds of work. */
export interface Times {
  entropy: number;
  synthesis: number;
}

export interface Progress {
  fraction: number;
  rows: number;
  strip?: Strip;
}

/** What a job tells while it runs. */
export interface Events {
  preview: (preview: Pixels) => void;
  progress: (progress: Progress) => void;
  /** It can do nothing before more bytes come. */
  waits: () => void;
}

/** Bytes of linear memory that engines hold, and what became of their instances so far. */
export interface EngineState {
  memoryBytes: number;
  created: number;
  recycled: number;
  dropped: number;
}

export interface Report {
  times: Times;
  engine: EngineState;
}

/** An error as postMessage() can carry it: structured clone keeps neither the class nor the code. */
export interface PackedError {
  code: LicErrorCode;
  message: string;
  details: Record<string, unknown>;
}

/** What a page tells a worker. */
export type ToWorker =
  | { type: 'start' }
  | { type: 'job'; id: number; job: Job }
  | { type: 'bytes'; id: number; bytes: Uint8Array; complete: boolean }
  | { type: 'cancel'; id: number }
  | { type: 'end' };

/** What a worker tells its page. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'preview'; id: number; preview: Pixels }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'waits'; id: number }
  | { type: 'done'; id: number; result: Pixels | ImageBitmap | string | null; report: Report }
  | { type: 'failed'; id: number; error: PackedError; report: Report };

/** A browser's Worker, or something with its looks. */
export interface WorkerLike {
  postMessage: (message: ToWorker, options?: { transfer: Transferable[] }) => void;
  terminate: () => void;
  /** `data` of the event is a FromWorker. */
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  /** Node: whether the thread keeps the process alive. */
  ref?: () => void;
  unref?: () => void;
}

/** Opens a URL, of which `range` is all that is wanted, in the words of the header Range. */
export type Open = (
  url: string | URL,
  signal?: AbortSignal,
  range?: string,
) => Promise<Response | ReadableStream<Uint8Array>>;

type Place = () => WebAssembly.Module | Source;

/** The package's own files. They are functions, so that nothing happens on import. */
export interface Places {
  wasm: Record<'simd', Place> & Partial<Record<'relaxed' | 'overfitted', Place>>;
  /** By model id. */
  models: Record<string, () => Source>;
}

/** What differs between browsers, Node and workerd. */
export interface Platform {
  open: Open;
  places: Places;
  /** Starts a worker; null where there are none. */
  spawn: (() => WorkerLike) | null;
  /** Starts its stand-in on this thread. */
  spawnLocal: () => Promise<WorkerLike>;
  /** Most workers at a time, unless the caller configures another number. */
  workers: number;
}

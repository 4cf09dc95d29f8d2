// Types of the module that Emscripten makes of wasm/bindings.cpp.

import type { LicErrorCode } from './index.js';

type Result<T> = ({ ok: true } & T) | { ok: false; code: LicErrorCode; message: string };

export interface Session {
  loadModel(bytes: Uint8Array): Result<{ id: string }>;
  open(bytes: Uint8Array, maxPixels: number): Result<{ width: number; height: number }>;
  step(): Result<{ done: boolean; progress: number }>;
  /** A view of linear memory, valid until the next call. */
  pixels(): Uint8Array;
  close(): void;
  hashSymbols(bytes: Uint8Array): Result<{ hash: string }>;
  delete(): void;
}

export interface Lic {
  Session: new () => Session;
  memoryBytes(): number;
}

export default function createLic(options: {
  instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void): object;
}): Promise<Lic>;

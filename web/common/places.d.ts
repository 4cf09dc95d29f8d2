// Where the package's own files lie. web/build/build.js writes the module: it names the models of models/ by their ids.

import type { Source } from '../index.d.ts';

export const wasm: { simd: () => Source; relaxed: () => Source; overfitted: () => Source };
export const models: Record<string, () => Source>;

// A small picture of the package's model with its pixel. web/build/build.js writes the module from tests/vectors/.

/** Of the package. */
export const version: string;

export const sample: { file: Uint8Array; pixels: number[] };

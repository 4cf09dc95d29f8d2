// AVIF by the WebAssembly decoder of @jsquash/avif, in the page, as its manual has it.

import decode from '@jsquash/avif/decode.js';

export async function show({ avif, width, height }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  document.body.append(canvas);
  const image = await decode(await (await fetch(avif)).arrayBuffer());
  canvas.getContext('2d').putImageData(image, 0, 0);
  return image;
}

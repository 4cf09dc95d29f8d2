// <lic-img>, as the package has it.

import '/dist/define.js';

export async function show({ lic, width, height }) {
  const image = document.createElement('lic-img');
  Object.assign(image, { width, height, src: lic, alt: '' });
  document.body.append(image);
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
}

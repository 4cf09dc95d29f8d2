// AVIF by the browser.

export async function show({ avif, width, height }) {
  const image = document.createElement('img');
  Object.assign(image, { width, height, src: avif, alt: '' });
  document.body.append(image);
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
}

// Dragging the picture. Browsers let a canvas be saved and copied as PNG, but not dragged as an <img> is.

/** @typedef {import('./request.js').ImageRequest} ImageRequest */

/**
 * Lets the picture be dragged as a PNG file: onto the desktop, into another page. The file has to be there when
 * dragging starts and takes a while to make, so it is begun when the button goes down. Where it comes too late, the
 * address is dragged.
 * @param {ImageRequest} request
 */
export function offerFile(request) {
  const { canvas, url } = request;
  const name = `${/([^/]*?)(\.\w+)?$/.exec(new URL(url).pathname)?.[1] || 'picture'}.png`;
  /** @type {File | null} */
  let file = null;
  /** @type {string | undefined} */
  let address;
  let isDown = false;
  const forget = () => {
    file = null;
    if (address) URL.revokeObjectURL(address);
  };
  canvas.addEventListener('pointerdown', async ({ button, pointerType }) => {
    // The target may still read what was dragged before, long after the drag has ended.
    forget();
    if (button !== 0 || pointerType === 'touch' || !canvas.draggable || !request.loaded) return;
    isDown = true;
    const blob = await request.toBlob().catch(() => null);
    if (blob && isDown) file = new File([blob], name, { type: blob.type });
  });
  canvas.addEventListener('pointerup', () => {
    isDown = false;
    forget();
  });
  // The browser takes the pointer over to drag: a file that comes now is too late.
  canvas.addEventListener('pointercancel', () => (isDown = false));
  canvas.addEventListener('dragstart', ({ dataTransfer }) => {
    if (!dataTransfer) return;
    dataTransfer.setData('text/uri-list', url);
    if (!file) return;
    address = URL.createObjectURL(file);
    dataTransfer.setData('DownloadURL', `${file.type}:${name}:${address}`);
    dataTransfer.items.add(file);
  });
}

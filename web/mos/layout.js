// What a plan's pictures need of a window.

/** @typedef {import('./plan.js').Plan} Plan */

export const SIDE_GAP = 24; // CSS pixels between two pictures beside each other
export const NAME_HEIGHT = 32; // CSS pixels for the names above them

/**
 * The largest item of a plan, in device pixels.
 * @param {Plan} plan @param {number} ratio device pixels for each CSS pixel
 */
export function neededRoom(plan, ratio) {
  const pictures = [...plan.training, ...plan.items].map((item) => plan.pictures[item.pictures[0]]);
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = Math.max(...pictures.map((picture) => picture.height));
  if (plan.layout !== 'beside') return { width, height };
  return { width: 2 * width + Math.ceil(SIDE_GAP * ratio), height: height + Math.ceil(NAME_HEIGHT * ratio) };
}

/**
 * @param {{width: number, height: number}} room
 * @param {{width: number, height: number}} needed
 * @param {number} pinch magnification by two fingers
 * @returns {string | null} why pictures cannot be shown pixel by pixel, and what to do
 */
export function problemOfDisplay(room, needed, pinch) {
  if (Math.abs(pinch - 1) > 0.01) return 'The page is magnified. Pinch it back to its normal size.';
  if (room.width >= needed.width && room.height >= needed.height) return null;
  return (
    `This window has room for pictures of ${room.width} × ${room.height} pixels; ` +
    `the largest needs ${needed.width} × ${needed.height}. ` +
    'Make the window larger (F11 shows it on the full screen), turn the telephone, ' +
    'set the zoom of the page back to 100 %, or use a larger screen.'
  );
}

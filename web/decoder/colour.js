// The colour space of the pixels that a decode hands out.

/** @typedef {import('../index.d.ts').Info} Info */

/** @param {Info} info @returns {PredefinedColorSpace} */
export function canvasSpace(info) {
  return isP3(info) && hasP3() ? 'display-p3' : 'srgb';
}

/**
 * Whether pixels have to be converted to sRGB, because the platform has no place for those of Display P3.
 * @param {Info} info
 */
export function mustConvert(info) {
  return isP3(info) && !hasP3();
}

/** @param {Info} info */
function isP3({ profile }) {
  return profile?.colorSpace === 'display-p3';
}

/**
 * Firefox has ImageData, but none of Display P3. Node has none at all: there the caller gets the pixels as they are.
 */
function hasP3() {
  return (
    typeof ImageData !== 'function' ||
    new ImageData(new Uint8ClampedArray(4), 1, 1, { colorSpace: 'display-p3' }).colorSpace === 'display-p3'
  );
}

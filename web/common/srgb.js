// Colours of Display P3 as those of sRGB, which every format, viewer and canvas understands. What sRGB cannot show is
// clipped.

/** Linear Display P3 to linear sRGB (both D65), by the primaries of CSS Color 4. */
const MATRIX = [
  [1.2249401763, -0.2249401763, 0],
  [-0.0420569547, 1.0420569547, 0],
  [-0.0196375546, -0.0786360456, 1.0982736001],
];
const STEPS = 4095; // of linear light: in one step the curve rises by 0.8 of 255 at most

const TO_LINEAR = /* @__PURE__ */ Float64Array.from({ length: 256 }, (_, value) => {
  const signal = value / 255;
  return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;
});

const FROM_LINEAR = /* @__PURE__ */ Uint8ClampedArray.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
});

/**
 * Changes colours from Display P3 to sRGB; alpha stays.
 * @param {Uint8ClampedArray} data red, green, blue, alpha of each pixel
 */
export function convertToSrgb(data) {
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = [TO_LINEAR[data[i]], TO_LINEAR[data[i + 1]], TO_LINEAR[data[i + 2]]];
    for (let row = 0; row < 3; ++row) {
      const [x, y, z] = MATRIX[row];
      const light = x * r + y * g + z * b;
      data[i + row] = FROM_LINEAR[Math.round(STEPS * Math.min(1, Math.max(0, light)))];
    }
  }
}

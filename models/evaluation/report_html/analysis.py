"""Where decoded pictures differ from their original, and where codecs differ from each other.

Pictures are arrays (height, width, 3) of uint8.
"""

import numpy as np

BLOCK = 4  # pixels: the side of a block of an error map
ERROR_LIMIT = 36  # root mean square error, of 255, that the scale's end stands for
CROP = 80  # pixels: the side of a crop
STRIDE = 8  # pixels between the crops that are considered

# Colours of an error map, from none to ERROR_LIMIT, in equal steps of the square root of the error; lightness rises
# throughout.
RAMP = np.array(
    [(10, 10, 26), (61, 22, 98), (142, 38, 101), (214, 73, 60), (249, 148, 36), (250, 222, 110), (255, 255, 238)]
)
TICKS = (0, 1, 4, 9, 16, 25, 36)


def squared_error(original, decoded):
    """(height, width): the mean over the channels."""
    return np.mean((original.astype(np.float32) - decoded) ** 2, axis=2)


def error_map(original, decoded):
    """The root mean square error of each block in colours: (ceil(height / BLOCK), ceil(width / BLOCK), 3), uint8."""
    error = squared_error(original, decoded)
    rows, columns = (np.arange(0, side, BLOCK) for side in error.shape)
    sums = np.add.reduceat(np.add.reduceat(error, rows, 0), columns, 1)
    counts = np.outer(*(np.minimum(BLOCK, side - starts) for side, starts in zip(error.shape, (rows, columns))))
    return colours(np.sqrt(sums / counts))


def colours(error):
    place = np.sqrt(np.clip(error / ERROR_LIMIT, 0, 1)) * (len(RAMP) - 1)
    steps = np.arange(len(RAMP))
    return np.stack([np.interp(place, steps, RAMP[:, channel]) for channel in range(3)], -1).round().astype(np.uint8)


def window_starts(side):
    """Where crops may begin along a side, in pixels: at multiples of STRIDE, and at the end."""
    last = max(0, side - CROP)
    return np.unique(np.append(np.arange(0, last, STRIDE), last))


def window_errors(original, decoded):
    """Mean squared error of each crop that is considered: (rows, columns) of window_starts()."""
    error = squared_error(original, decoded).astype(np.float64)
    sums = np.pad(error.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (top, left), (height, width) = (window_starts(side) for side in error.shape), (
        min(CROP, side) for side in error.shape
    )
    top, left = top[:, None], left[None]
    totals = sums[top + height, left + width] - sums[top, left + width] - sums[top + height, left] + sums[top, left]
    return np.maximum(totals, 0) / (height * width)


def psnr_of(mean_squared_error):
    return 10 * np.log10(255.0**2 / mean_squared_error) if mean_squared_error else float("inf")


def differing_crops(errors, height, width):
    """The crops to show, none overlapping another: [{"x", "y", "reason", "psnr": {codec: dB}}]. `errors`: codec ->
    window_errors() of a picture of this size."""
    top, left = window_starts(height)[:, None], window_starts(width)[None]
    rms = {codec: np.sqrt(error) for codec, error in errors.items()}
    free = np.ones((top.size, left.size), bool)
    crops = []
    for reason, score in interests(rms):
        row, column = np.unravel_index(np.where(free, score, -1).argmax(), score.shape)
        if not free[row, column] or score[row, column] <= 0:
            continue  # there is no such place, or it is shown already
        x, y = int(left[0, column]), int(top[row, 0])
        crops.append(
            {
                "x": x,
                "y": y,
                "reason": reason,
                "psnr": {codec: float(psnr_of(errors[codec][row, column])) for codec in errors},
            }
        )
        free &= (abs(top - y) >= CROP) | (abs(left - x) >= CROP)
    return crops


def interests(rms):
    """What a crop may show, with a score for each window: (reason, array).

    `rms`: codec -> root mean square error of windows.
    """
    spread = np.std(list(rms.values()), 0)
    yield "The codecs differ most", spread
    rivals = [error for codec, error in rms.items() if codec != "lic"]
    if "lic" in rms and rivals:
        lead = np.min(rivals, 0) - rms["lic"]
        yield "LIC is furthest ahead of every other codec", lead
        yield "LIC is furthest behind the best other codec", -lead
    yield "The codecs differ most elsewhere", spread

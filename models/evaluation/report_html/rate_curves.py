"""Measurements as curves over the rate, each a list of points, for drawing and reading values off.

A point is one of comparison.py, {"bpp": bits per pixel, metric: value as curves show it}, with "setting" and
"decode_ms" beside it: CPU milliseconds of decoding a megapixel.
"""

import math

from models.evaluation.figures import comparison
from models.measures.bdrate import bd_rate


def point(row):
    return {
        "setting": row["setting"],
        "decode_ms": 1e9 * row["decode_seconds"] / row["pixels"],
        **comparison.point(row),
    }


def image_curves(rows):
    """codec -> points by rate, of the rows of one picture."""
    curves = {}
    for row in rows:
        curves.setdefault(row["codec"], []).append(point(row))
    return {codec: sorted(points, key=lambda p: p["bpp"]) for codec, points in curves.items()}


def mean_curves(rows):
    """codec -> means of the points of the pictures that all codecs have, by rate.

    Only settings that all of these pictures have count.
    """
    pictures = {}
    for row in rows:
        pictures.setdefault(row["codec"], {}).setdefault(row["image"], {})[row["setting"]] = point(row)
    common = comparison.common_images(pictures)
    return {codec: mean_points([images[name] for name in common]) for codec, images in pictures.items()}


def mean_points(images):
    """Of a list of {setting: point}."""
    common = set.intersection(*map(set, images)) if images else ()
    groups = {setting: [points[setting] for points in images] for setting in common}
    means = [
        {"setting": setting, **{key: comparison.mean(p[key] for p in group) for key in group[0] if key != "setting"}}
        for setting, group in groups.items()
    ]
    return sorted(means, key=lambda p: p["bpp"])


def known(points, key):
    """(bits per pixel, value) of the points that have a finite one."""
    return [(p["bpp"], p[key]) for p in points if p[key] is not None and math.isfinite(p[key])]


def value_at(points, key, bpp):
    """Interpolated linearly over ln(rate); None outside the points and where nothing was measured."""
    pairs = known(points, key)
    for (low, start), (high, end) in zip(pairs, pairs[1:]):
        if low <= bpp <= high and low < high:
            return start + math.log(bpp / low) / math.log(high / low) * (end - start)
    return None


def bd_rates(rows):
    """{metric: {rival: percent or None}}: the bytes of LIC for equal quality against each rival's, on one picture."""
    curves = image_curves(rows)
    rivals = [codec for codec in curves if codec != "lic"]
    return {
        metric: {rival: bd_percent(curves[rival], curves.get("lic", []), metric) for rival in rivals}
        for metric in comparison.METRICS
    }


def bd_percent(anchor, test, metric):
    rising = comparison.METRICS[metric].rising
    pairs = [[(bpp, rising(value)) for bpp, value in known(points, metric)] for points in (anchor, test)]
    rate = bd_rate(*pairs, comparison.LOW_RATE, comparison.HIGH_RATE)
    return None if rate is None else 100 * rate


def rivals_of(results):
    return [codec for codec in results["codecs"] if codec != "lic"]


def measured_metrics(rows):
    """Those that at least one row has."""
    return [metric for metric in comparison.METRICS if any(row[metric] is not None for row in rows)]

"""From measurements to figures: BD-rates of LIC against each rival, mean curves, tables.

A measurement is a row of a CSV file: image, codec, setting, bytes, pixels, psnr, ms_ssim. All figures follow from it.
"""

import csv
import json
import os

from bdrate import bd_rate
from metrics import ms_ssim_db

COLUMNS = ("image", "codec", "setting", "bytes", "pixels", "psnr", "ms_ssim")
METRICS = {"psnr": "PSNR", "ms_ssim": "MS-SSIM"}
LOW_RATE, HIGH_RATE = 0.15, 1.0  # bits per pixel, between which codecs are compared


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "psnr": f"{row['psnr']:.4f}", "ms_ssim": f"{row['ms_ssim']:.6f}"} for row in rows)


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(bytes=int(row["bytes"]), pixels=int(row["pixels"]), psnr=float(row["psnr"]), ms_ssim=float(row["ms_ssim"]))
    return rows


def point(row):
    """Bits per pixel, and the metrics in dB."""
    return {"bpp": 8 * row["bytes"] / row["pixels"], "psnr": row["psnr"], "ms_ssim": ms_ssim_db(row["ms_ssim"])}


def curves_of(rows):
    """codec -> image -> setting -> point."""
    curves = {}
    for row in rows:
        curves.setdefault(row["codec"], {}).setdefault(row["image"], {})[row["setting"]] = point(row)
    return curves


def mean_curve(images):
    """setting -> mean point, of the settings that all images have."""
    settings = [setting for setting in next(iter(images.values())) if all(setting in image for image in images.values())]
    points = {setting: [image[setting] for image in images.values()] for setting in settings}
    return {s: {key: sum(p[key] for p in of) / len(of) for key in of[0]} for s, of in points.items()}


def pairs(curve, metric):
    return [(point["bpp"], point[metric]) for point in curve.values()]


def compare(anchor, test, metric):
    """What `test` takes more than `anchor`, in percent: of the images' mean, of the mean curves, of the worst image."""
    images = [image for image in test if image in anchor]
    rates = {image: bd_rate(pairs(anchor[image], metric), pairs(test[image], metric), LOW_RATE, HIGH_RATE) for image in images}
    known = {image: 100 * rate for image, rate in rates.items() if rate is not None}
    if not known:
        return None
    worst = max(known, key=known.get)
    curves = [mean_curve({image: codec[image] for image in images}) for codec in (anchor, test)]
    of_means = bd_rate(*(pairs(curve, metric) for curve in curves), LOW_RATE, HIGH_RATE)
    return {
        "mean": round(sum(known.values()) / len(known), 2),
        "of_mean_curves": None if of_means is None else round(100 * of_means, 2),
        "worst": round(known[worst], 2),
        "worst_image": worst,
        "images": len(known),
        "no_common_quality": sorted(set(images) - set(known)),
    }


def summarize(rows):
    """All figures, as they stand in the JSON file."""
    curves = curves_of(rows)
    lic = curves["lic"]
    means = {codec: mean_curve(images) for codec, images in curves.items()}
    rivals = [codec for codec in curves if codec != "lic"]
    return {
        "bd_rate": {metric: {rival: compare(curves[rival], lic, metric) for rival in rivals} for metric in METRICS},
        "mean_curves": {
            codec: {setting: {key: round(value, 4) for key, value in point.items()} for setting, point in curve.items()}
            for codec, curve in means.items()
        },
    }


def percent(value):
    return "-" if value is None else f"{value:+.1f} %"


def bd_table(results):
    """Markdown; `results` is what the JSON file holds."""
    lines = [
        "| bytes of LIC for equal quality, against | PSNR | worst picture | MS-SSIM | worst picture |",
        "|---|---|---|---|---|",
    ]
    for key, codec in results["codecs"].items():
        if key == "lic":
            continue
        cells = []
        for metric in METRICS:
            figures = results["bd_rate"][metric][key]
            if figures is None:
                cells += ["no common quality", "-"]
                continue
            cells.append(f"{percent(figures['mean'])} ({percent(figures['of_mean_curves'])})")
            cells.append(f"{percent(figures['worst'])} ({figures['worst_image']})")
        lines.append(f"| {codec['title']}, {codec['version']} | {' | '.join(cells)} |")
    for key, reason in results["skipped"].items():
        lines.append(f"| {key} | not measured: {reason} | | | |")
    lines += [
        "",
        f"BD-rate between {LOW_RATE} and {HIGH_RATE:g} bits per pixel: the mean of {results['images']} pictures, in brackets that of"
        f" the mean curves. {results['codecs']['lic']['version']}.",
    ]
    return "\n".join(lines)


def equal_jpeg(results, psnr):
    """The JPEG quality, interpolated between the measured ones, whose mean PSNR is the given one, and its bits per pixel."""
    points = [(point["psnr"], float(quality), point["bpp"]) for quality, point in results["mean_curves"].get("jpeg", {}).items()]
    points.sort()
    for (low, quality, bpp), (high, next_quality, next_bpp) in zip(points, points[1:]):
        if low <= psnr <= high:
            part = (psnr - low) / (high - low)
            return f"{quality + part * (next_quality - quality):.0f}, {bpp + part * (next_bpp - bpp):.3f}"
    return "-"


def curve_table(results):
    """Markdown: what a quality means."""
    lines = ["| quality | bits per pixel | PSNR | MS-SSIM | JPEG of that PSNR: quality, bits per pixel |", "|---|---|---|---|---|"]
    for setting, point in results["mean_curves"]["lic"].items():
        jpeg = equal_jpeg(results, point["psnr"])
        lines.append(f"| {setting} | {point['bpp']:.3f} | {point['psnr']:.2f} dB | {point['ms_ssim']:.2f} dB | {jpeg} |")
    return "\n".join(lines)


def readme_table(results):
    """What the README quotes."""
    return f"{bd_table(results)}\n\n{curve_table(results)}"


def write_results(path, results):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


def read_results(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def markers(prefix):
    name = os.path.basename(prefix)
    return f"<!-- table:{name} -->", f"<!-- /table:{name} -->"


def table_in(text, prefix):
    """The table between its markers in a text, or None if they are not there."""
    begin, end = markers(prefix)
    if not 0 <= text.find(begin) < text.find(end):
        return None
    return text.split(begin, 1)[1].split(end, 1)[0].strip("\n")


def with_table(text, prefix, table):
    """The text with another table between the markers. They must be there."""
    begin, end = markers(prefix)
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"

"""BD-rates of overfitted files against AVIF and lic-photo, for each picture and as means, and their tables."""

import csv
import os
import textwrap

from models.measures.bdrate import bd_rate

from .comparison import HIGH_RATE, LOW_RATE, METRICS, common_rates, compare, cost_of, curves_of, pairs
from .markdown_tables import percent, table

ANCHORS = {"avif": "AVIF", "lic": "lic-photo"}  # codec -> what tables call it
SHORT_METRICS = ("psnr", "ms_ssim")
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "published")

# What others say of their own codecs: the points in FOLDER are theirs, and nothing was run here.
PUBLISHED = {
    "cool-chic": {
        "title": "Cool-chic 5.0.1, as published",
        "file": "cool-chic-5.0.1-kodak.csv",
        "source": "https://github.com/Orange-OpenSource/Cool-Chic/blob/2d33679b27ae5cf5a00ee228c110de87ba424900/"
        "results/v5.0/image-kodak.tsv",
    }
}


def read_published():
    """codec -> image -> setting -> point, as curves_of() gives them; metrics that nobody published are None."""
    curves = {}
    for key, published in PUBLISHED.items():
        with open(os.path.join(FOLDER, published["file"]), encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                point = {**dict.fromkeys(METRICS), "bpp": float(row["bpp"]), "psnr": float(row["psnr"])}
                curves.setdefault(key, {}).setdefault(row["image"], {})[row["lambda"]] = point
    return curves


def summarize(rows, anchor_rows, published):
    """All figures of measurements `rows`, as they stand in the JSON file. Of the published points those of the same
    pictures count."""
    curves, anchors = curves_of(rows), curves_of(anchor_rows)
    measured = {image for images in curves.values() for image in images}
    for key, images in published.items():
        same = {image: curve for image, curve in images.items() if image in measured}
        if same:
            curves[key] = same
    return {
        "images": {codec: list(images) for codec, images in curves.items()},
        "bd_rate": {
            anchor: {
                metric: {codec: compare(anchors.get(anchor, {}), images, metric) for codec, images in curves.items()}
                for metric in METRICS
            }
            for anchor in ANCHORS
        },
        "of_images": {
            codec: {image: of_image(image, curve, anchors) for image, curve in images.items()}
            for codec, images in curves.items()
        },
        "cost": {
            codec: cost_of([row for row in rows if row["codec"] == codec]) for codec in curves if codec not in published
        },
    }


def of_image(image, curve, anchors):
    """anchor -> BD-rates of one picture by metric, in percent, and between which bits per pixel; None where nothing
    can be compared."""
    found = {}
    for anchor in ANCHORS:
        other = anchors.get(anchor, {}).get(image)
        if not other:
            continue
        rates = {m: bd_rate(pairs(other, m), pairs(curve, m), LOW_RATE, HIGH_RATE) for m in METRICS}
        low, high = common_rates((other, curve))
        found[anchor] = {
            **{metric: None if rate is None else round(100 * rate, 2) for metric, rate in rates.items()},
            "low_bpp": round(low, 3),
            "high_bpp": round(high, 3),
        }
    return found


def title_of(results, codec):
    return results["codecs"][codec]["title"] if codec in results["codecs"] else PUBLISHED[codec]["title"]


def known_metrics(results):
    """Those that some codec was compared by."""
    return [m for m in METRICS if any(any(of[m].values()) for of in results["bd_rate"].values())]


def cell(figures):
    """Mean, and the worst picture."""
    if figures is None:
        return "-"
    return f"{percent(figures['mean'])}<br>{percent(figures['worst'])} {figures['worst_image']}"


def mean_table(results, anchor, metrics):
    header = [f"bytes for equal quality, against {ANCHORS[anchor]}", *(METRICS[metric].title for metric in metrics)]
    of = results["bd_rate"][anchor]
    rows = [
        [title_of(results, codec), *(cell(of[metric][codec]) for metric in metrics)] for codec in results["of_images"]
    ]
    return table(header, rows)


def image_table(results, metric):
    """A line for each picture: against each anchor, and between which rates."""
    codecs = list(results["of_images"])
    header = ["picture"]
    for codec in codecs:
        header += [f"{title_of(results, codec)}: against {name}" for name in ANCHORS.values()]
        header.append("between, bits per pixel")
    images = sorted({image for images in results["of_images"].values() for image in images})
    return table(header, [[image, *image_cells(results, codecs, image, metric)] for image in images])


def image_cells(results, codecs, image, metric):
    cells = []
    for codec in codecs:
        found = results["of_images"][codec].get(image, {})
        cells += [percent(found[anchor][metric]) if anchor in found else "-" for anchor in ANCHORS]
        cells.append(f"{found['avif']['low_bpp']:.2f} to {found['avif']['high_bpp']:.2f}" if "avif" in found else "-")
    return cells


def cost_table(results):
    header = ["codec", "command", "encode, CPU s/MP", "decode, CPU s/MP", "encode, peak MB", "decode, peak MB"]
    rows = []
    for codec, cost in results["cost"].items():
        told = results["codecs"][codec]
        memory = [cost[f"{what}_memory"] for what in ("encode", "decode")]
        rows.append(
            [
                f"{told['title']}, {told['version']}",
                f"`{told['command']}`",
                f"{cost['encode_seconds_per_megapixel']:.1f}",
                f"{cost['decode_seconds_per_megapixel']:.3f}",
                *("-" if peak is None else f"{peak / 1e6:.0f}" for peak in memory),
            ]
        )
    return table(header, rows)


def which_pictures(results):
    """On which pictures each codec was measured, in words."""
    titles = {}
    for codec, images in results["images"].items():
        titles.setdefault(tuple(sorted(images)), []).append(title_of(results, codec))
    return "\n".join(
        f"- {'; '.join(names)}: {len(images)} picture{'s' if len(images) > 1 else ''}, {', '.join(images)}."
        for images, names in titles.items()
    )


def note(results):
    lines = [
        f"BD-rate between {LOW_RATE} and {HIGH_RATE:g} bits per pixel: the mean of the pictures' own BD-rates, below",
        f"it the worst picture. AVIF and lic-photo as in `{results['against']}`. On these pictures:",
    ]
    sources = [
        f"{PUBLISHED[codec]['title']}: points of its own repository; nothing was run here. They are in\n"
        f"<{PUBLISHED[codec]['source']}>."
        for codec in results["images"]
        if codec in PUBLISHED
    ]
    return "\n".join([*lines, "", wrapped(which_pictures(results)), "", *sources])


def wrapped(items):
    """Lines of a list, none wider than a document may be."""
    return "\n".join(textwrap.fill(item, 118, subsequent_indent="  ") for item in items.split("\n"))


def full_tables(results):
    """What the evaluation's README quotes."""
    metrics = known_metrics(results)
    parts = [*(mean_table(results, anchor, metrics) for anchor in ANCHORS), note(results)]
    return "\n\n".join([*parts, image_table(results, "psnr"), cost_table(results)])


def short_table(results):
    """What the project's README quotes: means only."""
    metrics = [metric for metric in SHORT_METRICS if metric in known_metrics(results)]
    header = [
        "bytes, against",
        *(f"{name}, {METRICS[metric].title}" for name in ANCHORS.values() for metric in metrics),
        "CPU s/MP",
        "pictures",
    ]
    rows = []
    for codec, images in results["images"].items():
        figures = [results["bd_rate"][anchor][metric][codec] for anchor in ANCHORS for metric in metrics]
        cost = results["cost"].get(codec)
        seconds = f"{cost['encode_seconds_per_megapixel']:.0f}" if cost else "-"
        means = [percent(of["mean"]) if of else "-" for of in figures]
        rows.append([title_of(results, codec), *means, seconds, str(len(images))])
    return table(header, rows)

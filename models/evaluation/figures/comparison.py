"""From measurements to figures: BD-rates of LIC against each rival, mean curves, costs.

A measurement is a row of a CSV file, with the columns of runs.py. All figures follow from it.
"""

import csv
import json
from dataclasses import dataclass

from models.evaluation.measurements.runs import COLUMNS
from models.measures.bdrate import bd_rate
from models.measures.metrics import ms_ssim_db

LOW_RATE, HIGH_RATE = 0.15, 1.0  # bits per pixel, between which codecs are compared
TEXTS, COUNTS = ("image", "codec", "setting"), ("bytes", "pixels", "encode_memory", "decode_memory")
DECIMALS = {"psnr": 4, "psnr_y": 4, "ssim": 6, "ms_ssim": 6, "ssimulacra2": 4, "butteraugli": 4}  # of others: 4


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str  # of the values in curves and figures
    higher_is_better: bool = True
    in_decibels: bool = False  # a similarity of 0 to 1, which curves show as -10 log10(1 - similarity)

    def value(self, measured):
        return ms_ssim_db(measured) if self.in_decibels else measured

    def rising(self, value):
        """The value on a scale on which more is better."""
        return value if self.higher_is_better else -value


METRICS = {
    "psnr": Metric("PSNR", "dB"),
    "psnr_y": Metric("PSNR of luma", "dB"),
    "ssim": Metric("SSIM", "dB", in_decibels=True),
    "ms_ssim": Metric("MS-SSIM", "dB", in_decibels=True),
    "ssimulacra2": Metric("SSIMULACRA 2", ""),
    "butteraugli": Metric("Butteraugli, 3-norm", "", higher_is_better=False),
}


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({column: as_text(column, row[column]) for column in COLUMNS} for row in rows)


def as_text(column, value):
    if value is None:
        return ""
    return str(value) if column in TEXTS + COUNTS else f"{value:.{DECIMALS.get(column, 4)}f}"


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{column: as_value(column, text) for column, text in row.items()} for row in csv.DictReader(file)]


def as_value(column, text):
    if column in TEXTS:
        return text
    return None if text == "" else int(text) if column in COUNTS else float(text)


def point(row):
    """Bits per pixel, and the metrics as curves show them; None where one was not measured."""
    values = {key: None if row[key] is None else metric.value(row[key]) for key, metric in METRICS.items()}
    return {"bpp": 8 * row["bytes"] / row["pixels"], **values}


def curves_of(rows):
    """codec -> image -> setting -> point."""
    curves = {}
    for row in rows:
        curves.setdefault(row["codec"], {}).setdefault(row["image"], {})[row["setting"]] = point(row)
    return curves


def mean(values):
    """None where one is missing."""
    values = list(values)
    return None if None in values or not values else sum(values) / len(values)


def common_images(curves):
    """Those that all codecs have: means over others are not alike."""
    return [image for image in next(iter(curves.values()), {}) if all(image in images for images in curves.values())]


def mean_curve(images):
    """setting -> mean point, of the settings that all images have."""
    if not images:
        return {}
    settings = [
        setting for setting in next(iter(images.values())) if all(setting in image for image in images.values())
    ]
    points = {setting: [image[setting] for image in images.values()] for setting in settings}
    return {s: {key: mean(p[key] for p in of) for key in of[0]} for s, of in points.items()}


def pairs(curve, metric):
    """What bd_rate takes: (bits per pixel, metric on a rising scale)."""
    return [
        (point["bpp"], METRICS[metric].rising(point[metric])) for point in curve.values() if point[metric] is not None
    ]


def common_rates(curves):
    """The part of LOW_RATE..HIGH_RATE that all curves reach."""
    rates = [[point["bpp"] for point in curve.values()] for curve in curves]
    return max(LOW_RATE, *map(min, rates)), min(HIGH_RATE, *map(max, rates))


def compare(anchor, test, metric):
    """What `test` takes more than `anchor`, in percent: of the images' mean, of the mean curves, of the worst image;
    and the bits per pixel between which that was found, on average. None where nothing can be compared."""
    images = [image for image in test if image in anchor]
    rates = {
        image: bd_rate(pairs(anchor[image], metric), pairs(test[image], metric), LOW_RATE, HIGH_RATE)
        for image in images
    }
    known = {image: 100 * rate for image, rate in rates.items() if rate is not None}
    if not known:
        return None
    worst = max(known, key=known.get)
    curves = [mean_curve({image: codec[image] for image in images}) for codec in (anchor, test)]
    of_means = bd_rate(*(pairs(curve, metric) for curve in curves), LOW_RATE, HIGH_RATE)
    ends = [common_rates((anchor[image], test[image])) for image in known]
    return {
        "mean": round(mean(known.values()), 2),
        "of_mean_curves": None if of_means is None else round(100 * of_means, 2),
        "worst": round(known[worst], 2),
        "worst_image": worst,
        "low_bpp": round(mean(low for low, _ in ends), 3),
        "high_bpp": round(mean(high for _, high in ends), 3),
        "images": len(known),
        "no_common_quality": sorted(set(images) - set(known)),
    }


def cost_of(rows):
    """What a codec takes between LOW_RATE and HIGH_RATE, or at all settings where none lies there: seconds of
    processors for a megapixel, and the largest peak of memory in bytes (None where it was not told)."""
    within = [row for row in rows if LOW_RATE <= 8 * row["bytes"] / row["pixels"] <= HIGH_RATE] or rows
    megapixels, cost = sum(row["pixels"] for row in within) / 1e6, {}
    for what in ("encode", "decode"):
        peaks = [row[f"{what}_memory"] for row in within]
        cost[f"{what}_seconds_per_megapixel"] = round(sum(row[f"{what}_seconds"] for row in within) / megapixels, 4)
        cost[f"{what}_memory"] = None if None in peaks else max(peaks)
    return cost


def summarize(rows):
    """All figures, as they stand in the JSON file. LIC must be among the codecs."""
    curves = curves_of(rows)
    lic, jpeg, common = curves["lic"], curves.get("jpeg", {}), common_images(curves)
    return {
        "metrics": {
            key: {"title": m.title, "unit": m.unit, "higher_is_better": m.higher_is_better}
            for key, m in METRICS.items()
        },
        "bd_rate": {
            m: {codec: compare(images, lic, m) for codec, images in curves.items() if codec != "lic"} for m in METRICS
        },
        "bd_rate_of_others_to_jpeg": {
            m: {codec: compare(jpeg, images, m) for codec, images in curves.items() if jpeg and codec != "jpeg"}
            for m in METRICS
        },
        "mean_curves": {
            codec: rounded_curve(mean_curve({name: images[name] for name in common}))
            for codec, images in curves.items()
        },
        "cost": {codec: cost_of([row for row in rows if row["codec"] == codec]) for codec in curves},
    }


def rounded_curve(curve):
    return {
        setting: {key: value if value is None else round(value, 4) for key, value in p.items()}
        for setting, p in curve.items()
    }


def mean_of(results):
    """What the mean curves are means of, as text."""
    count, total = (
        results.get("images_of_mean_curves", results["images"]),
        results["images"],
    )  # older results have them of all
    return f"{total} pictures" if count == total else f"{count} of {total} pictures, those that all codecs could code,"


def write_results(path, results):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


def read_results(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)

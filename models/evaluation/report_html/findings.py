"""What a picture's page shows: its decoded pictures of equal size, maps of their errors, and the crops that differ
most.

Everything lands in FOLDER/pictures/NAME/, pictures as lossless WebP, so that what is judged is what was measured.
found.json, written last, says what there is and what it depends on; a later build into the same folder takes it as it
is.
"""

import base64
import hashlib
import json
import os
import tempfile

from models.evaluation.codecs.programs import CodecError, run_command
from models.evaluation.figures import comparison
from models.evaluation.measurements import picture_files
from models.evaluation.measurements.runs import image_name
from models.measures import bdrate

from . import analysis, rate_curves

RATES = (0.25, 0.5, 1.0)  # bits per pixel
THUMBNAIL = 240  # pixels: the longer side


class ReportError(Exception):
    """The report cannot be written."""


def find(path, folder, results, rows, runs):
    """Makes the picture's files, unless they are there, and returns what found.json holds: name, width, height,
    thumbnail (data URI), bd_rate {metric: {rival: percent}}, rates {rate: {codec: row}}, crops {rate: [see analysis]},
    failures [text]. `rows`: the measurements of this picture."""
    name = image_name(path)
    place = os.path.join(folder, "pictures", name)
    rates, failures = runs_at_rates(path, results, runs)
    key = key_of(path, results, rows, rates)
    found = load(os.path.join(place, "found.json"))
    if found:
        if found["key"] == key and not found["failures"]:  # what failed may work this time
            return found
        os.remove(os.path.join(place, "found.json"))  # it will not hold any more
    os.makedirs(place, exist_ok=True)
    original = picture_files.read_picture(path)
    height, width = original.shape[:2]
    save_webp(os.path.join(place, "original.webp"), original)
    found = {
        "key": key,
        "name": name,
        "width": width,
        "height": height,
        "thumbnail": thumbnail(original),
        "bd_rate": rate_curves.bd_rates(rows),
        "rates": rates,
        "crops": {},
        "failures": failures,
    }
    for rate, codecs in rates.items():
        errors = {}
        for codec in list(codecs):
            try:
                decoded = picture_files.read_picture(runs.decoded(path, codec, codecs[codec]["setting"]))
            except ValueError as error:  # a RunError or PictureError
                failures.append(str(error))
                del codecs[codec]
                continue
            save_webp(os.path.join(place, f"{codec}-{rate}.webp"), decoded)
            save_webp(os.path.join(place, f"{codec}-{rate}-error.webp"), analysis.error_map(original, decoded))
            errors[codec] = analysis.window_errors(original, decoded)
        found["crops"][rate] = analysis.differing_crops(errors, height, width) if len(errors) > 1 else []
    with open(os.path.join(place, "found.json.part"), "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.replace(file.name, os.path.join(place, "found.json"))
    return found


def runs_at_rates(path, results, runs):
    """{rate: {codec: row}}, and what failed. Rates are text, as they stand in names of files."""
    rates, failures = {f"{rate:g}": {} for rate in RATES}, []
    for rate in RATES:
        for codec in results["codecs"]:
            try:
                _, rates[f"{rate:g}"][codec] = runs.at_rate(path, codec, rate)
            except ValueError as error:  # a RunError
                failures.append(str(error))
    return rates, failures


def key_of(path, results, rows, rates):
    """Changes when the files of found.json may."""
    digest = hashlib.sha256()
    for name in (path, __file__, *(module.__file__ for module in (analysis, bdrate, rate_curves, comparison))):
        with open(name, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    digest.update(json.dumps([results["codecs"], rows, rates], sort_keys=True).encode())
    return digest.hexdigest()


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def save_webp(path, pixels, options=("-lossless", "-z", "2")):
    with tempfile.TemporaryDirectory() as folder:
        picture_files.write_ppm(f"{folder}/picture.ppm", pixels)
        try:
            run_command(["cwebp", "-quiet", *options, f"{folder}/picture.ppm", "-o", path])
        except CodecError as error:
            raise ReportError(f"{path}: {error}") from error


def thumbnail(pixels):
    """A small picture for the list of all, and its size: {"src": a data URI, "width", "height"}."""
    height, width = pixels.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    with tempfile.TemporaryDirectory() as folder:
        save_webp(f"{folder}/small.webp", pixels, ("-q", "75", "-resize", *map(str, size)))
        with open(f"{folder}/small.webp", "rb") as file:
            data = base64.b64encode(file.read()).decode()
    return {"src": f"data:image/webp;base64,{data}", "width": size[0], "height": size[1]}

"""Where the pictures of a test come from: an evaluation's runs, or a table of files.

A source has originals (image -> path), codecs (key -> title), rates (bits per pixel), and decoded: (image, codec, rate)
-> Decoded.
"""

import concurrent.futures
import csv
import dataclasses
import os

from models.evaluation.codecs import coders
from models.evaluation.codecs.programs import CodecError
from models.evaluation.measurements.runs import RunError, Runs, image_name

REFERENCE = "original"  # the codec of originals in a table
COLUMNS = ("image", "codec", "rate", "bpp", "path")


class SourceError(ValueError):
    """Pictures that cannot make a test."""


@dataclasses.dataclass(frozen=True)
class Decoded:
    path: str
    bpp: float
    setting: str


@dataclasses.dataclass(frozen=True)
class Source:
    originals: dict
    codecs: dict
    rates: tuple
    decoded: dict


def from_runs(images, keys, rates, cache, lic, model, jobs):
    """Every image by every codec at the setting that comes nearest to each rate.

    Raises SourceError, which names what cannot be made.
    """
    originals = {image_name(path): path for path in images}
    if len(originals) < len(images):
        raise SourceError("two pictures have the same name")
    try:
        codecs, missing = coders.usable_codecs(keys, lic, model)
        if missing:
            raise SourceError("; ".join(f"{key} cannot be used: {reason}" for key, reason in missing.items()))
        runs = Runs(cache, codecs)
        with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
            tasks = [pool.submit(decode_at, runs, path, codec, rates) for path in images for codec in codecs]
            decoded = {key: picture for task in tasks for key, picture in task.result().items()}
    except (RunError, CodecError) as error:
        raise SourceError(str(error)) from error
    titles = {key: f"{codec.title}, {codec.version()}" for key, codec in codecs.items()}
    return Source(originals, titles, tuple(rates), decoded)


def decode_at(runs, path, codec, rates):
    """A codec's pictures of one image, (image, codec, rate) -> Decoded."""
    found = {}
    for rate in rates:
        setting, row = runs.at_rate(path, codec, rate)
        picture = Decoded(runs.decoded(path, codec, setting), 8 * row["bytes"] / row["pixels"], setting)
        found[image_name(path), codec, rate] = picture
    return found


def from_table(path):
    """A CSV file with the columns image, codec, rate, bpp, path. Originals have the codec "original" and neither
    rate nor bpp; other rows say for which rate they stand and what they take. Paths are relative to the table. Raises
    SourceError with the line.
    """
    folder = os.path.dirname(os.path.abspath(path))
    originals, codecs, decoded = {}, {}, {}
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise SourceError(f"{path}: needs the columns {', '.join(COLUMNS)}")
        for row in reader:
            picture = os.path.join(folder, row["path"] or "")
            if not os.path.isfile(picture):
                raise SourceError(f"{path}:{reader.line_num}: there is no file {picture}")
            if row["codec"] == REFERENCE:
                originals[row["image"]] = picture
                continue
            try:
                rate, bpp = float(row["rate"]), float(row["bpp"])
            except (TypeError, ValueError):
                raise SourceError(f"{path}:{reader.line_num}: rate and bpp must be numbers") from None
            codecs[row["codec"]] = row["codec"]
            decoded[row["image"], row["codec"], rate] = Decoded(picture, bpp, "")
    without = sorted({image for image, _, _ in decoded} - set(originals))
    if without:
        raise SourceError(f"{path}: no original of {', '.join(without)}")
    if not decoded:
        raise SourceError(f"{path}: holds no coded pictures")
    return Source(originals, codecs, tuple(sorted({rate for _, _, rate in decoded})), decoded)


def equal_rates(source, tolerance):
    """The (image, rate) at which all codecs are within the tolerance of the rate, and of the others why they are not.

    One codec off the rate leaves out the others' pictures as well, since means over different images would not compare.
    """
    kept, left_out = [], []
    for image in source.originals:
        for rate in source.rates:
            problems = []
            for codec in source.codecs:
                picture = source.decoded.get((image, codec, rate))
                if picture is None:
                    problems.append(f"{codec} has no picture")
                elif abs(picture.bpp - rate) > tolerance * rate:
                    problems.append(f"{codec} takes {picture.bpp:.3f}")
            if problems:
                left_out.append(f"{image} at {rate:g} bits per pixel: {', '.join(problems)}")
            else:
                kept.append((image, rate))
    return kept, left_out

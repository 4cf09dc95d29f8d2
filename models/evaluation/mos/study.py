"""The folder of a study.

    STUDY/public/       a static web site: the page of web/mos/, plan.json, pictures/
    STUDY/key.json      which picture is what; it stays with whoever analyses, so that no rater's computer knows it
    STUDY/results.sqlite  what `lic-mos serve` collects
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile

import numpy as np

from models.evaluation.measurements import picture_files

from . import design, schema, texts

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "..", "web", "mos")
PAGE_FILES = (
    "index.html",
    "mos.css",
    "icon.svg",
    "plan.schema.json",
    "result.schema.json",
    "app.js",
    "cards.js",
    "clock.js",
    "guard.js",
    "layout.js",
    "order.js",
    "pictures.js",
    "plan.js",
    "schema.js",
    "send.js",
    "stage.js",
    "store.js",
    "trial.js",
)
BLOCKS = 24  # of a damaged picture's shorter side
LEVELS = 5  # of each of its colours


class StudyError(ValueError):
    """A folder that is no study, or one that cannot be made."""


def damage(pixels):
    """The same picture in coarse blocks of few colours: nobody who looks takes it for good."""
    size = max(min(pixels.shape[:2]) // BLOCKS, 4)
    coarse = pixels[::size, ::size].repeat(size, 0).repeat(size, 1)[: pixels.shape[0], : pixels.shape[1]]
    step = 255 / (LEVELS - 1)
    return (np.round(coarse / step) * step).astype(np.uint8)


def pixels_of(source, stimulus):
    image, codec, rate = stimulus
    path = source.decoded[stimulus].path if codec in source.codecs else source.originals[image]
    try:
        pixels = picture_files.read_picture(path)
    except (OSError, picture_files.PictureError) as error:
        raise StudyError(f"{path}: {error}") from error
    return damage(pixels) if codec == design.DAMAGED else pixels


def write_lossless(folder, pixels, extension):
    """The file's name, from a hash of the pixels: equal pictures are one file, and names tell raters nothing."""
    name = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:16]
    path = os.path.join(folder, f"{name}.{extension}")
    if extension == "png":
        picture_files.write_png(path, pixels)
        return name
    with tempfile.NamedTemporaryFile(suffix=".png") as png:
        picture_files.write_png(png.name, pixels)
        try:
            subprocess.run(
                ["cwebp", "-quiet", "-lossless", "-exact", "-m", "4", png.name, "-o", path],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise StudyError(f"cwebp failed: {error}") from error
    return name


def write_pictures(folder, source, stimuli, extension):
    """stimulus -> (name, entry of the plan). Pictures of one image must have one size."""
    written, sizes = {}, {}
    for stimulus in stimuli:
        pixels = pixels_of(source, stimulus)
        height, width, _ = pixels.shape
        if sizes.setdefault(stimulus[0], (width, height)) != (width, height):
            raise StudyError(
                f"{stimulus[0]} by {stimulus[1]} has {width} x {height} pixels, others of it {sizes[stimulus[0]]}"
            )
        name = write_lossless(folder, pixels, extension)
        written[stimulus] = name, {"file": f"pictures/{name}.{extension}", "width": width, "height": height}
    return written


def stimuli_of(items):
    return list(dict.fromkeys(stimulus for item in items for stimulus in item["pictures"]))


def make_plan(method, layout, ties, examples, items, per_rater, written, options):
    """What the page reads. Groups are numbered, so that the plan names no image."""
    groups = {}
    for item in items:
        if item["group"] is not None:
            groups.setdefault(item["group"], f"g{len(groups) + 1}")
    plan = {
        "format": "lic-mos-plan",
        "version": 1,
        "title": options["title"],
        "method": method,
        "layout": layout,
        "seed": options["seed"],
        "texts": {**texts.texts(method, layout, ties), **options["texts"]},
        "scale": texts.scale(method, layout, ties),
        "timing": options["timing"],
        "groups_per_rater": options["images_per_rater"],
        "items_per_rater": per_rater,
        "expected_minutes": design.minutes(method, per_rater, len(examples), options["timing"]["gap_seconds"]),
        "collect": options["collect"],
        "pictures": dict(written.values()),
        "training": [
            {
                "id": f"t{index}",
                "pictures": [written[s][0] for s in item["pictures"]],
                "expect": item["expect"],
                "feedback": item["feedback"],
            }
            for index, item in enumerate(examples, 1)
        ],
        "items": [
            {
                "id": f"i{index}",
                "group": groups.get(item["group"]),
                "pictures": [written[s][0] for s in item["pictures"]],
            }
            for index, item in enumerate(items, 1)
        ],
    }
    identity = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:16]
    return {"format": plan.pop("format"), "version": plan.pop("version"), "id": identity, **plan}


def make_key(plan, source, items, left_out):
    def describe(stimulus):
        image, codec, rate = stimulus
        coded = source.decoded.get(stimulus)
        return {
            "image": image,
            "codec": codec,
            **({"rate": rate, "bpp": round(coded.bpp, 4), "setting": coded.setting} if coded else {}),
        }

    entries = {}
    for index, item in enumerate(items, 1):
        more = {"expect": item["expect"]} if "expect" in item else {"of": f"i{item['of'] + 1}"} if "of" in item else {}
        entries[f"i{index}"] = {
            "kind": item["kind"],
            "stimuli": [describe(stimulus) for stimulus in item["pictures"]],
            **more,
        }
    return {
        "format": "lic-mos-key",
        "version": 1,
        "plan": plan["id"],
        "title": plan["title"],
        "method": plan["method"],
        "codecs": source.codecs,
        "rates": list(source.rates),
        "left_out": left_out,
        "items": entries,
    }


def write_study(folder, source, method, layout, ties, designed, left_out, options):
    """Makes STUDY/; nothing is left of it when that fails. Returns the plan."""
    folder = os.path.normpath(folder)  # with a slash at its end, what is built beside it would be inside
    if os.path.exists(folder):
        raise StudyError(f"{folder} is there already; a study is never overwritten")
    examples, items, per_rater = designed
    building = f"{folder}.{os.getpid()}"
    try:
        os.makedirs(os.path.join(building, "public", "pictures"))
        written = write_pictures(
            os.path.join(building, "public", "pictures"), source, stimuli_of(examples + items), options["format"]
        )
        plan = make_plan(method, layout, ties, examples, items, per_rater, written, options)
        problem = schema.violation(read_json(os.path.join(PAGE, "plan.schema.json")), plan)
        if problem:
            raise StudyError(f"the plan would be damaged: {problem}")
        for name in PAGE_FILES:
            shutil.copyfile(os.path.join(PAGE, name), os.path.join(building, "public", name))
        write_json(os.path.join(building, "public", "plan.json"), plan)
        write_json(os.path.join(building, "key.json"), make_key(plan, source, items, left_out))
        os.rename(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return plan


def read_study(folder):
    """Plan and key. Raises StudyError for what is no study."""
    plan, key = (read_json(os.path.join(folder, name)) for name in ("public/plan.json", "key.json"))
    problem = schema.violation(read_json(os.path.join(PAGE, "plan.schema.json")), plan)
    if problem:
        raise StudyError(f"{folder}/public/plan.json: {problem}")
    if (
        key.get("format") != "lic-mos-key"
        or key.get("plan") != plan["id"]
        or set(key["items"]) != {item["id"] for item in plan["items"]}
    ):
        raise StudyError(f"{folder}/key.json is not the key of this plan")
    return plan, key


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise StudyError(f"{path}: {error}") from error


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")

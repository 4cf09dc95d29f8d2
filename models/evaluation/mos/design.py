"""Which items a test has.

An item is a dict: kind, group (image; None: every rater's), pictures (stimuli), and of traps `expect`, the answers of
those who look. A stimulus is (image, codec, rate); codec "original" and "damaged" have no rate. Kinds:

    test       a codec's picture, or for pairs two codecs' pictures of equal rate
    reference  the original among the others, hidden (ACR)
    trap       an answer that is known: an original, or a picture damaged beyond doubt
    repeat     an item of the same group again, to see whether a rater agrees with him- or herself
"""

import itertools
import math
import random

ORIGINAL, DAMAGED = "original", "damaged"
SECONDS = {"acr": 6, "dsis": 9, "pair": 7}  # for an answer, without the grey before the picture


class DesignError(ValueError):
    """Nothing is left to show."""


def original(image):
    return (image, ORIGINAL, None)


def damaged(image):
    return (image, DAMAGED, None)


def showing(method, image, stimulus):
    """The pictures of an item that asks about one stimulus."""
    return (stimulus,) if method == "acr" else (original(image), stimulus)


def test_items(method, conditions, codecs):
    """All of an image's items follow each other. conditions: (image, rate)."""
    items = []
    for image, group in itertools.groupby(sorted(conditions), key=lambda condition: condition[0]):
        if method == "acr":
            items.append(item("reference", image, showing(method, image, original(image))))
        for _, rate in group:
            if method == "pair":
                shown = itertools.combinations([(image, codec, rate) for codec in codecs], 2)
            else:
                shown = (showing(method, image, (image, codec, rate)) for codec in codecs)
            items += [item("test", image, pictures) for pictures in shown]
    return items


def item(kind, group, pictures, **more):
    return {"kind": kind, "group": group, "pictures": tuple(pictures), **more}


def repeats(items, per_group, chance):
    """So many test items of each group again; `of` is the index of the first."""
    chosen = []
    for _, group in itertools.groupby(range(len(items)), key=lambda index: items[index]["group"]):
        candidates = [index for index in group if items[index]["kind"] == "test"]
        chosen += chance.sample(candidates, min(per_group, len(candidates)))
    return [{**items[index], "kind": "repeat", "of": index} for index in chosen]


def traps(method, images, count):
    """Items with a known answer, half of them good and half bad; for pairs, of a good and a bad picture each."""
    found = []
    for index in range(count):
        image = images[index % len(images)]
        if method == "pair":
            found.append(item("trap", None, (original(image), damaged(image)), expect=["a"]))
        elif index % 2:
            found.append(
                item("trap", None, showing(method, image, original(image)), expect=[3, 4, 5])
            )  # harsh raters give 3
        else:
            found.append(item("trap", None, showing(method, image, damaged(image)), expect=[1, 2]))
    return found


def training(method, image, codecs, rates):
    """Examples from one end of the scale to the other. rates: of this image, perhaps none."""
    good, bad = original(image), damaged(image)
    coded = [(image, codec, min(rates)) for codec in codecs] if rates else []
    if method == "pair":
        examples = [
            ((good, bad), ["a"], "One of the two was damaged on purpose: nearly everybody prefers the other one.")
        ]
        if len(coded) > 1:
            examples.append(
                (
                    coded[:2],
                    [],
                    "Most pairs differ less than the first one did. Where you see no difference, answer as you feel.",
                )
            )
        return [
            item("training", None, pictures, expect=expect, feedback=feedback)
            for pictures, expect, feedback in examples
        ]
    words = {
        "acr": (
            "This was the undamaged original: most people answer 4 or 5.",
            "This one was damaged on purpose: most people answer 1 or 2.",
        ),
        "dsis": (
            "The two were the same picture, so there is nothing to see: 5.",
            "This one was damaged on purpose: most people answer 1 or 2.",
        ),
    }[method]
    examples = [(good, [4, 5], words[0]), (bad, [1, 2], words[1])]
    if coded:
        examples.insert(1, (coded[-1], [], "Most pictures of the test lie between the extremes. Use the whole scale."))
    return [
        item("training", None, showing(method, image, shown), expect=expect, feedback=feedback)
        for shown, expect, feedback in examples
    ]


def design(method, conditions, codecs, *, seed, images_per_rater=0, trap_count=6, repeat_count=6, training_images=1):
    """Training items, items, and the number of items of one rater.

    conditions: (image, rate) with pictures of all codecs.

    Raises DesignError.
    """
    chance = random.Random(seed)
    images = sorted({image for image, _ in conditions})
    chance.shuffle(images)
    if len(images) <= training_images:
        raise DesignError(f"of {len(images)} images {training_images} are for training; none is left for the test")
    trained, tested = images[:training_images], images[training_images:]
    if images_per_rater > len(tested):
        raise DesignError(f"{images_per_rater} images a rater are wanted, but the test has {len(tested)}")
    per_rater = images_per_rater or len(tested)
    items = test_items(method, [condition for condition in conditions if condition[0] in tested], codecs)
    items += repeats(items, math.ceil(repeat_count / per_rater), chance)
    items += traps(method, tested, trap_count)
    examples = [
        example
        for image in trained or tested[:1]
        for example in training(method, image, codecs, [rate for name, rate in conditions if name == image])
    ]
    return examples, items, items_of_rater(items, per_rater)


def items_of_rater(items, images):
    """How many items a rater sees at most, who sees so many images."""
    sizes = {}
    for entry in items:
        sizes[entry["group"]] = sizes.get(entry["group"], 0) + 1
    every = sizes.pop(None, 0)
    return every + sum(sorted(sizes.values(), reverse=True)[:images])


def minutes(method, items, examples, gap_seconds):
    pictures = 1 if method == "acr" else 2
    return math.ceil((items + 2 * examples) * (SECONDS[method] + pictures * gap_seconds) / 60)

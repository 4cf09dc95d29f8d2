"""The page of one picture: the viewer, what all codecs make of it, the crops in which they differ, its curves."""

from urllib.parse import quote

from models.evaluation.figures import comparison

from .analysis import CROP
from .charts import palette
from .findings import RATES
from .markup import element, join, page, source
from .parts import (
    codec_name,
    legend,
    listing,
    percent,
    rate_cards,
    scrolling,
    section,
    shown,
    table_head,
    toggle_rules,
    tone,
    with_unit,
)
from .rate_curves import image_curves, measured_metrics
from .viewer import ORIGINAL, file_of, viewer

OFF_RATE = 0.05  # a file whose rate is off by more than this part is marked


def picture_page(results, rows, found, before, after):
    """The page of a picture.

    `found`: see findings.find(); `rows`: the measurements of this picture; `before` and `after`: the names of its
    neighbours, or None.
    """
    codecs, metrics = results["codecs"], measured_metrics(rows)
    rates = [f"{rate:g}" for rate in RATES]
    start = rates[1]
    body = join(
        element("a", "Skip to the pictures", href="#viewer", class_="skip"),
        header(found, before, after),
        element(
            "main",
            viewer(results, found, rates, start),
            section(
                "table",
                "Figures at equal size",
                rate_blocks(rates, start, lambda rate: figures(results, found, metrics, rate)),
                [element("p", text, class_="failure") for text in found["failures"]],
            ),
            section(
                "crops",
                "Where the codecs differ most",
                element(
                    "p",
                    "Places found by the error of the decoded pictures within them, each pixel enlarged. The figure is "
                    "the PSNR of the crop alone.",
                    class_="lead",
                ),
                rate_blocks(
                    rates,
                    start,
                    lambda rate: [crop(results, found, rate, i, c) for i, c in enumerate(found["crops"][rate], 1)],
                ),
            ),
            section(
                "curves",
                "Quality over size, this picture",
                bd_line(results, found),
                legend(codecs),
                rate_cards(image_curves(rows), results, metrics),
            ),
        ),
    )
    styles = [source("page.css"), source("chart.css"), source("picture.css"), palette(codecs), toggle_rules(codecs)]
    return page(f"{found['name']}: LIC and other codecs", body, styles, [source("curves.js"), source("viewer.js")])


def header(found, before, after):
    links = [element("a", "\N{LEFTWARDS ARROW} All pictures", href="../index.html#pictures")]
    links += [
        element("a", f"{word}: {name}", href=f"{quote(name)}.html", rel=rel)
        for word, name, rel in (("Previous", before, "prev"), ("Next", after, "next"))
        if name
    ]
    rates = listing([f"{rate:g}" for rate in RATES])
    size = f"{found['width']} \N{MULTIPLICATION SIGN} {found['height']} pixels"
    facts = f"{size}. Decoded pictures of equal size, at {rates} bits per pixel."
    return element(
        "header",
        element("nav", links, aria_label="Pictures"),
        element("h1", found["name"]),
        element("p", facts, class_="facts"),
    )


def rate_blocks(rates, start, content):
    """A block for each rate, of which the viewer's rate shows one."""
    return [
        element(
            "div",
            element("h3", f"{rate} bits per pixel", class_="print-only"),
            content(rate),
            data_rate=rate,
            hidden=rate != start,
        )
        for rate in rates
    ]


# ---- Figures, crops, BD-rates ----


def figures(results, found, metrics, rate):
    """The table from which the viewer takes what it shows, too."""
    rows = found["rates"][rate]
    points = {codec: comparison.point(row) for codec, row in rows.items()}
    best = {metric: best_value(points.values(), metric) for metric in metrics}
    lines = []
    for codec, row in rows.items():
        values = points[codec]
        cells = [
            element("td", row["setting"]),
            element("td", f"{row['bytes']:,}"),
            element(
                "td", shown(values["bpp"], 3), element("small", "its nearest") if is_off(values["bpp"], rate) else None
            ),
        ]
        cells += [
            element(
                "td",
                shown(values[metric]),
                class_=values[metric] is not None and values[metric] == best[metric] and "best",
            )
            for metric in metrics
        ]
        cells += [element("td", shown(1000 * row[f"{way}_seconds"], 0)) for way in ("encode", "decode")]
        lines.append(
            element(
                "tr",
                element("th", codec_name(results, codec), scope="row"),
                cells,
                data_codec=codec,
                data_src=file_of(found, codec, rate),
                data_error=file_of(found, codec, rate, error=True),
            )
        )
    titles = [with_unit(comparison.METRICS[metric].title, comparison.METRICS[metric].unit) for metric in metrics]
    head = table_head(
        "Codec",
        "Setting",
        "Bytes",
        with_unit("Rate", "bpp"),
        *titles,
        with_unit("Encoding", "ms"),
        with_unit("Decoding", "ms"),
    )
    return scrolling(
        element("table", head, element("tbody", lines), class_="figures"), f"Figures at {rate} bits per pixel"
    )


def best_value(points, metric):
    known = [point[metric] for point in points if point[metric] is not None]
    return max(known, key=comparison.METRICS[metric].rising, default=None)


def is_off(bpp, rate):
    """Some codecs cannot make every size."""
    return abs(bpp / float(rate) - 1) > OFF_RATE


def crop(results, found, rate, index, place):
    """The same crop of the original and of every codec's picture, by the pictures that are there anyway."""

    def tile(codec, title, *caption):
        picture = element(
            "img",
            src=file_of(found, codec, rate),
            alt=f"Crop {index} of {title}",
            loading="lazy",
            width=found["width"],
            height=found["height"],
        )
        return element(
            "figure", element("div", picture, class_="window"), element("figcaption", caption), class_="tile"
        )

    tiles = [tile(ORIGINAL, "the original", "Original")]
    for codec in results["codecs"]:
        if codec in place["psnr"]:
            psnr = element("small", shown(place["psnr"][codec], 1), " dB")
            tiles.append(tile(codec, results["codecs"][codec]["title"], codec_name(results, codec), psnr))
    style = f"--x:{place['x']};--y:{place['y']};--width:{found['width']};--crop:{CROP}"
    heading = element("h3", f"{index}. {place['reason']}")
    return element("section", heading, element("div", tiles, class_="tiles"), class_="crop", style=style)


def bd_line(results, found):
    """LIC against the others on this picture, by each metric."""
    items = []
    for metric, rivals in found["bd_rate"].items():
        known = {rival: value for rival, value in rivals.items() if value is not None}
        if known:
            cells = [
                element(
                    "span", results["codecs"][rival]["title"], " ", element("b", percent(value), class_=tone(value))
                )
                for rival, value in known.items()
            ]
            items.append(element("div", element("dt", comparison.METRICS[metric].title), element("dd", cells)))
    return items and join(
        element("p", "LIC's bytes at equal quality, against each codec (BD-rate on this picture):", class_="lead"),
        element("dl", items, class_="bd-line"),
    )

"""The viewer of a picture's page: two versions of it, A and B, in one place or side by side. viewer.js moves it."""

from urllib.parse import quote

from . import analysis
from .markup import Markup, element
from .parts import choice, select

ORIGINAL = "original"
TIMES = "\N{MULTIPLICATION SIGN}"
ARROWS = Markup(
    '<svg viewBox="0 0 36 36" width="36" height="36" aria-hidden="true"><path d="M14 12l-6 6 6 6M22 12l6 6-6 6"/></svg>'
)


def file_of(found, codec, rate, error=False):
    """The address of a picture, from that of the page."""
    name = codec if codec == ORIGINAL else f"{codec}-{rate}"
    return f"{quote(found['name'])}/{name}{'-error' if error else ''}.webp"


def viewer(results, found, rates, start):
    """The original is A, LIC is B, until the reader chooses others; `start` is the rate that is shown first."""
    present = [codec for codec in results["codecs"] if any(codec in found["rates"][rate] for rate in rates)]
    titles = {ORIGINAL: "Original", **{codec: results["codecs"][codec]["title"] for codec in present}}
    second = next(iter([*found["rates"][start], ORIGINAL]))
    return element(
        "section",
        element("h2", "Compare", id="viewer-title", class_="unseen"),
        controls(titles, second, rates, start),
        element(
            "div",
            element("div", stage(found, titles, second, start), flicker_controls(), error_scale(), hints()),
            element("div", id="facts", class_="beside", aria_live="polite"),
            class_="bench",
        ),
        id="viewer",
        aria_labelledby="viewer-title",
    )


def controls(titles, second, rates, start):
    options = list(titles.items())
    swap = element(
        "button",
        "\N{LEFTWARDS ARROW OVER RIGHTWARDS ARROW}",
        type="button",
        id="swap",
        aria_label="Swap A and B",
        title="Swap A and B",
    )
    return element(
        "div",
        choice("rate-choice", "Bits per pixel", [(rate, rate) for rate in rates], start),
        element(
            "div", select("left", "A", options, ORIGINAL), swap, select("right", "B", options, second), class_="pair"
        ),
        choice("mode", "View", [("slide", "Slider"), ("flicker", "Flicker"), ("side", "Side by side")], "slide"),
        choice("zoom", "Zoom", [("fit", "Fit"), ("1", "1:1"), ("2", f"2{TIMES}"), ("4", f"4{TIMES}")], "fit"),
        element(
            "label", element("input", type="checkbox", id="errors"), element("span", "Map of errors"), class_="toggle"
        ),
        class_="controls",
    )


def stage(found, titles, second, start):
    panes = []
    for side, codec in (("a", ORIGINAL), ("b", second)):
        picture = element(
            "img",
            src=file_of(found, codec, start),
            alt=titles[codec],
            width=found["width"],
            height=found["height"],
            draggable="false",
        )
        panes.append(element("div", picture, element("span", class_="tag"), class_="pane", id=f"pane-{side}"))
    divider = element(
        "div",
        ARROWS,
        id="divider",
        role="slider",
        tabindex=0,
        aria_label="Boundary between A and B",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=50,
    )
    return element(
        "div",
        panes,
        divider,
        id="stage",
        class_="stage",
        data_mode="slide",
        data_zoom="fit",
        tabindex=0,
        role="group",
        aria_label="Pictures A and B",
        style=f"--width:{found['width']};--height:{found['height']}",
    )


def flicker_controls():
    pause = element("button", "Pause", type="button", id="pause")
    return element("div", pause, element("span", "Space swaps A and B by hand."), id="flicker-controls", hidden=True)


def error_scale():
    gradient = ",".join(f"rgb({' '.join(map(str, colour))})" for colour in analysis.RAMP)
    caption = (
        f"Root mean square error of {analysis.BLOCK} {TIMES} {analysis.BLOCK} pixels, of 255; the same scale for all"
    )
    return element(
        "figure",
        element("div", style=f"background:linear-gradient(90deg,{gradient})"),
        element("div", [element("span", tick) for tick in analysis.TICKS], class_="ticks"),
        element("figcaption", caption),
        id="scale",
        class_="scale",
        hidden=True,
    )


def hints():
    keys = element(
        "span",
        element("kbd", "Space"),
        " flickers, ",
        element("kbd", "\N{LEFTWARDS ARROW}"),
        " ",
        element("kbd", "\N{RIGHTWARDS ARROW}"),
        " move the boundary. ",
        class_="keyboard",
    )
    return element(
        "p",
        keys,
        "Dragging moves the boundary, or the picture where it is enlarged. At 1:1 a pixel of the picture is one of the "
        "screen.",
        class_="hint",
    )

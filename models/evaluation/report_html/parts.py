"""Parts that the summary and the pictures' pages share."""

from models.evaluation.figures import comparison

from . import charts
from .charts import codec_key
from .markup import element, join
from .rate_curves import value_at

READ_OFF = 0.5  # bits per pixel at which values are read off until the reader chooses another rate

MEANINGS = {
    "psnr": "The error of red, green and blue, pixel by pixel. Easy to compute, but eyes weigh errors differently.",
    "psnr_y": "The same for brightness alone, to which eyes are most sensitive.",
    "ssim": "How well structure is kept in small windows. As decibels: 10 stands for 0.9, 20 for 0.99.",
    "ms_ssim": "The same at five sizes of detail, from fine to coarse.",
    "ssimulacra2": "Made to agree with people's opinions: 50 is middling, 70 good, 90 hardly to be told from the "
    "original.",
    "butteraugli": "Differences that can be seen from near by. Less is better; below 1 they are hard to see.",
}


def section(identity, title, *content):
    return element(
        "section",
        element("h2", title, id=f"{identity}-title"),
        content,
        id=identity,
        aria_labelledby=f"{identity}-title",
    )


def scrolling(table, name):
    """Wide tables scroll on their own, by keyboard too."""
    return element("div", table, class_="scrolling", role="region", aria_label=name, tabindex=0)


def table_head(*titles):
    return element("thead", element("tr", [element("th", title, scope="col") for title in titles]))


def listing(words):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shown(value, digits=2):
    """A number as it is printed; a dash where there is none."""
    if value is None:
        return "\N{EN DASH}"
    return "\N{INFINITY}" if value == float("inf") else f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def with_unit(title, unit):
    """For the head of a column."""
    return join(title, unit and element("small", unit))


def percent(value):
    return "\N{EN DASH}" if value is None else f"{value:+.1f}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")


def tone(value):
    """The class of a BD-rate of LIC."""
    return None if value is None or abs(value) < 0.5 else "good" if value < 0 else "bad"


def codec_name(results, codec):
    return element("span", codec_key(codec), results["codecs"][codec]["title"], class_="codec")


def select(identity, title, options, chosen):
    entries = [element("option", text, value=value, selected=value == chosen) for value, text in options]
    return element("label", title, " ", element("select", entries, id=identity))


def choice(name, title, options, chosen):
    """Radio buttons in a row; `options`: (value, text)."""
    labels = [
        element(
            "label",
            element("input", type="radio", name=name, value=value, checked=value == chosen),
            element("span", text),
        )
        for value, text in options
    ]
    return element("fieldset", element("legend", title), labels, class_="choice")


def legend(codecs):
    """Which codecs to show, and at which rate to read values off."""
    boxes = []
    for key, codec in codecs.items():
        box = element("input", type="checkbox", id=f"show-{key}", checked=True)
        boxes.append(element("label", box, codec_key(key), element("span", codec["title"])))
    start = charts.Axis(*charts.RATES, 0, 1000, logarithmic=True)(READ_OFF)
    slider = element(
        "input",
        type="range",
        id="rate",
        min=0,
        max=1000,
        value=round(start),
        aria_valuetext=f"{READ_OFF:.2f} bits per pixel",
    )
    reader = element(
        "label",
        "Values at ",
        element("output", f"{READ_OFF:.2f}", id="rate-shown"),
        " bits per pixel",
        slider,
        class_="reader",
    )
    return element(
        "div", element("fieldset", element("legend", "Codecs shown", class_="unseen"), boxes), reader, class_="legend"
    )


def toggle_rules(codecs):
    """CSS: a codec whose box is not ticked is not shown in charts and readouts."""
    return "".join(
        f"body:has(#show-{key}:not(:checked)) :is(.chart .codec-{key},.value-{key}){{display:none}}" for key in codecs
    )


def rate_cards(curves, results, metrics):
    """For each metric a chart, with the values of all codecs, best first, under it."""
    cards = []
    for metric in metrics:
        about, chart = comparison.METRICS[metric], charts.rate_chart(curves, results["codecs"], metric, READ_OFF)
        if chart:
            readout = element(
                "ol", readings(curves, results, metric), class_="readout", data_descending=about.higher_is_better
            )
            parts = element("h3", about.title), element("p", MEANINGS[metric]), chart, element("figcaption", readout)
            cards.append(element("figure", parts, class_="card", data_metric=metric))
    return element("div", cards, class_="cards")


def readings(curves, results, metric):
    values = {codec: value_at(curves.get(codec, []), metric, READ_OFF) for codec in results["codecs"]}
    sign = -1 if comparison.METRICS[metric].higher_is_better else 1
    order = sorted(values, key=lambda codec: (values[codec] is None, sign * (values[codec] or 0)))
    return [
        element(
            "li",
            codec_name(results, codec),
            element("b", shown(values[codec])),
            class_=f"value-{codec}",
            data_codec=codec,
        )
        for codec in order
    ]

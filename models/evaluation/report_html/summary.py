"""index.html: who wins by how much, the curves, what decoding costs, the pictures, and how all of it was measured."""

import json
from urllib.parse import quote

from models.evaluation.figures import comparison

from . import charts
from .charts import METRIC_SHAPES, palette, shape_key
from .markup import element, join, page, source
from .parts import (
    MEANINGS,
    choice,
    codec_name,
    legend,
    listing,
    percent,
    rate_cards,
    scrolling,
    section,
    select,
    shown,
    table_head,
    toggle_rules,
    tone,
    with_unit,
)
from .rate_curves import mean_curves, measured_metrics, rivals_of

LIMITS = (
    f"{comparison.LOW_RATE:g} and {comparison.HIGH_RATE:g} bits per pixel"  # of BD-rates and costs, after "between"
)


def index_page(results, rows, pictures):
    """`pictures`: what findings.find() has found of each image."""
    metrics, curves = measured_metrics(rows), mean_curves(rows)
    others = len(rivals_of(results))
    title = f"LIC against {others} other codec{'s' if others > 1 else ''}" if others else "LIC alone"
    body = join(
        element("a", "Skip to the content", href="#summary", class_="skip"),
        header(results, title),
        element(
            "main",
            summary(results, metrics),
            rate_section(curves, results, metrics),
            cost_section(curves, results, metrics),
            gallery(results, metrics, pictures),
            method(curves, results, metrics),
        ),
    )
    styles = [
        source("page.css"),
        source("chart.css"),
        source("index.css"),
        palette(results["codecs"]),
        toggle_rules(results["codecs"]),
    ]
    return page(title, body, styles, [source("curves.js"), source("index.js")])


def header(results, title):
    names = " \N{MIDDLE DOT} ".join(codec["title"] for key, codec in results["codecs"].items() if key != "lic")
    count = f"{results['images']} picture{'s' if results['images'] > 1 else ''}"
    facts = f"{count}, measured {dates(results)} on {results['processor']}"
    links = [
        ("summary", "Summary"),
        ("curves", "Curves"),
        ("cost", "Cost"),
        ("pictures", "Pictures"),
        ("method", "Method"),
    ]
    return element(
        "header",
        element("p", "LIC, a learned image codec: report", class_="kicker"),
        element("h1", title),
        element("p", names, class_="names"),
        element("p", facts, class_="facts"),
        element("nav", [element("a", text, href=f"#{anchor}") for anchor, text in links], aria_label="Sections"),
    )


def dates(results):
    """The day, or the first and the last, on which the codecs were measured."""
    days = sorted(codec["measured"][:10] for codec in results["codecs"].values())
    return days[0] if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"


def picture_link(name):
    return f"pictures/{quote(name)}.html"


# ---- Summary ----


def summary(results, metrics):
    keys = [element("li", shape_key(METRIC_SHAPES[metric]), comparison.METRICS[metric].title) for metric in metrics]
    chart = charts.bd_chart(results, metrics)
    figure = chart and element("figure", chart, element("figcaption", element("ul", keys, class_="keys")))
    return section(
        "summary",
        "Who wins, and by how much",
        element(
            "p",
            "How many bytes does LIC need for a picture of the same quality? The answer depends on how quality is "
            "measured, so there is one for each metric.",
            class_="lead",
        ),
        element(
            "div",
            element("ul", [verdict(results, metric) for metric in metrics], class_="verdicts"),
            figure,
            class_="split",
        ),
        bd_table(results, metrics),
    )


def verdict(results, metric):
    """One metric's outcome in words."""
    means = {rival: of["mean"] for rival, of in results["bd_rate"][metric].items() if of}
    if not means:
        return None
    order = sorted(means, key=means.get)
    groups = {
        "smaller than": [in_words(results, rival, means) for rival in order if means[rival] <= -0.5],
        "as large as": [title_in_text(results, rival) for rival in order if abs(means[rival]) < 0.5],
        "larger than": [in_words(results, rival, means) for rival in reversed(order) if means[rival] >= 0.5],
        "of no quality in common with": [
            title_in_text(results, rival) for rival in rivals_of(results) if rival not in means
        ],
    }
    words = "; ".join(f"{relation} {listing(names)}" for relation, names in groups.items() if names)
    winner = title_in_text(results, order[-1]) if groups["larger than"] else "LIC"
    return element(
        "li", element("strong", f"{comparison.METRICS[metric].title}: {winner} wins"), f"LIC's files are {words}."
    )


def in_words(results, rival, means):
    return f"{title_in_text(results, rival)} ({abs(means[rival]):.0f}\N{NO-BREAK SPACE}%)"


def title_in_text(results, codec):
    """Without the comma that some have, which would be taken for one of a list."""
    return results["codecs"][codec]["title"].replace(",", "")


def bd_table(results, metrics):
    lines = [
        element(
            "tr",
            element("th", codec_name(results, rival), common_rates(results, metrics, rival), scope="row"),
            [bd_cell(results, metric, rival) for metric in metrics],
        )
        for rival in rivals_of(results)
    ]
    lines += [
        element("tr", element("th", key, scope="row"), element("td", f"Not measured: {reason}", colspan=len(metrics)))
        for key, reason in results["missing"].items()
    ]
    head = table_head("LIC against", *(comparison.METRICS[metric].title for metric in metrics))
    note = (
        "BD-rate: the bytes of LIC against the other codec's at equal quality, over the qualities that both reach "
        f"between {LIMITS}; the part of these rates that both codecs reach stands under the codec's name. Large: the "
        "mean of each picture's figure; minus is good for LIC. Beneath: the figure of the curves through the means of "
        "all pictures, and the picture on which LIC does worst."
    )
    table = element("table", head, element("tbody", lines), class_="bd")
    return element("figure", scrolling(table, "Table of BD-rates"), element("figcaption", note))


def bd_cell(results, metric, rival):
    figures = results["bd_rate"][metric][rival]
    if not figures:
        return element("td", "no common quality")
    worst = figures["worst_image"]
    parts = [
        element("b", percent(figures["mean"]), class_=tone(figures["mean"])),
        element("small", f"curves {percent(figures['of_mean_curves'])}"),
        element("small", f"worst {percent(figures['worst'])} ", element("a", worst, href=picture_link(worst))),
    ]
    if figures["no_common_quality"]:
        parts.append(element("small", f"without {', '.join(figures['no_common_quality'])}"))
    return element("td", parts)


def common_rates(results, metrics, rival):
    """Between which rates the two could be compared."""
    figures = [results["bd_rate"][metric][rival] for metric in metrics if results["bd_rate"][metric][rival]]
    ends = [min((of["low_bpp"] for of in figures), default=0), max((of["high_bpp"] for of in figures), default=0)]
    return figures and element("small", f"{ends[0]:.2f} to {ends[1]:.2f} bpp")


# ---- Curves and cost ----


def rate_section(curves, results, metrics):
    return section(
        "curves",
        "Quality over size",
        element(
            "p",
            f"The mean of {comparison.mean_of(results)} at each setting. Higher is better, further left is smaller; "
            "equal steps to the right are equal factors in bytes. The tinted part is where BD-rates are taken. Point "
            "at a chart, or move the rate, to read values off. Each picture's own curves are on its page.",
            class_="lead",
        ),
        legend(results["codecs"]),
        rate_cards(curves, results, metrics),
    )


def cost_section(curves, results, metrics):
    drawn = {metric: charts.cost_chart(curves, results["codecs"], metric) for metric in metrics}
    drawn = {metric: chart for metric, chart in drawn.items() if chart}
    first = preferred("ssimulacra2", drawn)
    figures = [
        element("figure", chart, class_="card", data_cost=metric, hidden=metric != first)
        for metric, chart in drawn.items()
    ]
    rates = listing([f"{rate:g}" for rate in charts.COST_RATES])
    return section(
        "cost",
        "What it costs to decode",
        element(
            "p",
            f"Each line joins a codec's mean quality at {rates} bits per pixel. Further left decodes faster, higher "
            "looks better. Times are those of the whole command on one core: its start, reading and writing files and, "
            "for LIC, loading the model are part of them.",
            class_="lead",
        ),
        drawn and choice("cost", "Quality by", [(metric, comparison.METRICS[metric].title) for metric in drawn], first),
        element("div", element("div", figures), cost_table(results), class_="split"),
    )


def preferred(wanted, names):
    return wanted if wanted in names else next(iter(names), None)


def cost_table(results):
    lines = []
    for codec, cost in results["cost"].items():
        cells = []
        for way in ("encode", "decode"):
            cells.append(element("td", shown(1000 * cost[f"{way}_seconds_per_megapixel"], 0)))
            cells.append(element("td", shown(cost[f"{way}_memory"] and cost[f"{way}_memory"] / 1e6, 0)))
        lines.append(
            element("tr", element("th", codec_name(results, codec), scope="row"), cells, class_=f"value-{codec}")
        )
    memory = with_unit("Memory", "MB")
    head = table_head("Codec", with_unit("Encoding", "ms / MP"), memory, with_unit("Decoding", "ms / MP"), memory)
    note = f"CPU time for each megapixel, and the largest peak of memory, of all pictures between {LIMITS}."
    table = element("table", head, element("tbody", lines), class_="figures")
    return element("figure", scrolling(table, "Table of costs"), element("figcaption", note))


# ---- Pictures ----


def gallery(results, metrics, pictures):
    rivals = rivals_of(results)
    metric, rival = preferred("ssimulacra2", metrics), preferred("avif", rivals)
    cards = []
    for picture in pictures:
        known = {
            f"{m} {r}": round(value, 2)
            for m, of in picture["bd_rate"].items()
            for r, value in of.items()
            if value is not None
        }
        value = known.get(f"{metric} {rival}")
        name = picture["name"]
        link = element(
            "a", element("img", alt="", **picture["thumbnail"]), element("span", name), href=picture_link(name)
        )
        cards.append(
            element(
                "li", link, element("b", percent(value), class_=tone(value)), data_name=name, data_bd=json.dumps(known)
            )
        )
    controls = element(
        "div",
        select("bd-rival", "LIC against", [(r, results["codecs"][r]["title"]) for r in rivals], rival),
        select("bd-metric", "by", [(m, comparison.METRICS[m].title) for m in metrics], metric),
        select(
            "bd-order",
            "sorted by",
            [("name", "name"), ("worst", "LIC's worst first"), ("best", "LIC's best first")],
            "name",
        ),
        class_="choice",
    )
    return section(
        "pictures",
        "Picture by picture",
        element(
            "p",
            "Look for yourself: original and decoded pictures of equal size, with a slider and flicker, maps of the "
            "errors, and the crops in which the codecs differ most. The figure is LIC's BD-rate on that picture: minus "
            "is good for LIC.",
            class_="lead",
        ),
        rivals and controls,
        element("ul", cards, class_="gallery", id="gallery"),
    )


# ---- Method ----


def method(curves, results, metrics):
    facts = {
        "Measured": dates(results),
        "Machine": results["processor"],
        "Pictures": results["images"],
        "Rates compared": f"between {LIMITS}",
        "SSIMULACRA 2 and Butteraugli of libjxl": results["libjxl_devtools"],
    }
    missing = [
        element("li", f"{comparison.METRICS[metric].title} was not measured: {reason}")
        for metric, reason in results["missing_metrics"].items()
    ]
    return section(
        "method",
        "How it was measured",
        element(
            "dl",
            [element("div", element("dt", name), element("dd", value)) for name, value in facts.items() if value],
            class_="facts-list",
        ),
        scrolling(codec_table(curves, results), "Table of codecs"),
        missing and element("ul", missing, class_="failure"),
        element("h3", "The metrics"),
        element(
            "dl",
            [element("div", element("dt", comparison.METRICS[m].title), element("dd", MEANINGS[m])) for m in metrics],
            class_="meanings",
        ),
        element("h3", "What the figures do not say"),
        element(
            "p",
            "Metrics stand for how alike pictures are, not for how good they look to people. Bytes are those of whole "
            "files. Curves of means hold for a collection in which every picture has the same setting; BD-rates are "
            "taken for each picture first, and interpolate the logarithm of the rate over the metric by monotone "
            "cubics (PCHIP).",
        ),
    )


def codec_table(curves, results):
    lines = []
    for key, codec in results["codecs"].items():
        points = curves[key]
        rates = f"{points[0]['bpp']:.2f} to {points[-1]['bpp']:.2f}" if points else shown(None)
        commands = [
            element("code", codec["command"]),
            element("code", codec["decode_command"]),
            element("small", f"Settings: {', '.join(codec['settings'])}"),
        ]
        lines.append(
            element(
                "tr",
                element("th", codec_name(results, key), scope="row"),
                element("td", codec["version"], data_label="Version"),
                element("td", rates, data_label="Bits per pixel, mean"),
                element("td", commands, data_label="Commands"),
            )
        )
    return element(
        "table",
        table_head("Codec", "Version", "Bits per pixel, mean", "Commands"),
        element("tbody", lines),
        class_="method",
    )

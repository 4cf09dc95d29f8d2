"""Figures as SVG: rate-distortion curves for each metric, and bytes against the time of coding.

Each has its own background, and colours for the light and the dark scheme, so that it can be read on either.
"""

import math
import os
from xml.sax.saxutils import escape

from models.measures.bdrate import Pchip

from .comparison import HIGH_RATE, LOW_RATE, METRICS, mean_of

COLOURS = {  # codec -> on light, on dark
    "lic": ("#d1242f", "#ff6a5e"),
    "jpeg": ("#7d6608", "#d9b528"),
    "jpeg2000": ("#6e7781", "#9aa4ae"),
    "webp": ("#1a7f37", "#3fb950"),
    "avif": ("#0969da", "#58a6ff"),
    "avif-iq": ("#8250df", "#b98aff"),
    "avif-old": ("#54aeff", "#2f6fb5"),
    "jxl": ("#c4520a", "#f0883e"),
    "heic": ("#bf3989", "#f778ba"),
}
OVERFITTED_COLOUR = ("#0a7d84", "#39c5cf")  # of every effort
LEAST_RATE, MOST_RATE = 0.1, 1.5  # bits per pixel that are shown
RATE_TICKS = (0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5)
COST_METRICS = ("psnr", "ms_ssim", "ssimulacra2", "butteraugli")


def colour_of(codec):
    """On light, on dark."""
    return COLOURS.get(codec, OVERFITTED_COLOUR)


def style(codecs):
    keys = dict.fromkeys([*COLOURS, *codecs])
    light = "".join(f".{key}{{--c:{colour_of(key)[0]}}}" for key in keys)
    dark = "".join(f".{key}{{--c:{colour_of(key)[1]}}}" for key in keys)
    return (
        "<style>svg{--paper:#fff;--ink:#1f2328;--faint:#59636e;--grid:#e3e7eb;--band:#f6f8fa;"
        "font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}"
        f"{light}@media(prefers-color-scheme:dark){{svg{{--paper:#0d1117;--ink:#e6edf3;--faint:#9198a1;"
        f"--grid:#252b33;--band:#151b23}}{dark}}}"
        "text{fill:var(--ink)}.faint{fill:var(--faint)}.title{font-size:16px;font-weight:600}"
        ".paper{fill:var(--paper)}.band{fill:var(--band)}.grid{stroke:var(--grid)}"
        ".curve{fill:none;stroke:var(--c);stroke-width:1.75;stroke-linejoin:round}.dot{fill:var(--c)}"
        ".avif-old .curve{stroke-dasharray:5 4}.lic .curve{stroke-width:3.25}.lic text{font-weight:600}"
        ".end{text-anchor:end}.middle{text-anchor:middle}</style>"
    )


def document(width, height, title, codecs, parts):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img"><title>{escape(title)}</title>{style(codecs)}'
        f'<rect class="paper" width="{width}" height="{height}" rx="8"/>{"".join(parts)}</svg>\n'
    )


def text(x, y, content, classes=""):
    attribute = f' class="{classes}"' if classes else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attribute}>{escape(content)}</text>'


def line(x1, y1, x2, y2):
    return f'<path class="grid" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def group(classes, parts):
    return f'<g class="{classes}">{"".join(parts)}</g>'


class Axes:
    """A rectangle in which a range of values lies: x on a logarithmic scale, y on a linear one.

    `top` is the value at its upper edge.
    """

    def __init__(self, left, upper, width, height, x_range, bottom, top):
        self.left, self.upper, self.width, self.height = left, upper, width, height
        self.x_range, self.bottom, self.top = x_range, bottom, top

    def x(self, value):
        low, high = map(math.log, self.x_range)
        return self.left + self.width * (math.log(value) - low) / (high - low)

    def y(self, value):
        return self.upper + self.height * (self.top - value) / (self.top - self.bottom)

    def grid(self, x_ticks, x_unit="", y_unit=""):
        lower, right, parts = self.upper + self.height, self.left + self.width, []
        for tick in x_ticks:
            parts += [
                line(self.x(tick), self.upper, self.x(tick), lower),
                text(self.x(tick), lower + 18, f"{tick:g}{x_unit}", "faint middle"),
            ]
        for tick in round_ticks(*sorted((self.bottom, self.top))):
            parts += [
                line(self.left, self.y(tick), right, self.y(tick)),
                text(self.left - 8, self.y(tick) + 4, f"{tick:g}{y_unit}", "faint end"),
            ]
        return parts


def round_ticks(low, high, most=8):
    """Multiples of 1, 2 or 5 times a power of ten between the two, at most `most`."""
    step = 10 ** math.floor(math.log10((high - low) / most))
    while (high - low) / step > most:
        step *= 2.5 if f"{step:e}"[0] == "2" else 2
    return [round(step * i, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def curve_path(axes, points):
    """Through (rate, value), by the same interpolation as that of the BD-rates: its cubics, as Bezier curves."""
    logs, values = [math.log(rate) for rate, _ in points], [value for _, value in points]
    slopes, path = Pchip(logs, values).slopes, f"M{axes.x(points[0][0]):.1f} {axes.y(values[0]):.1f}"
    for i in range(len(points) - 1):
        third = (logs[i + 1] - logs[i]) / 3
        knots = (
            (logs[i] + third, values[i] + slopes[i] * third),
            (logs[i + 1] - third, values[i + 1] - slopes[i + 1] * third),
            (logs[i + 1], values[i + 1]),
        )
        path += "C" + " ".join(f"{axes.x(math.exp(log)):.1f} {axes.y(value):.1f}" for log, value in knots)
    return path


def value_at(points, rate):
    """On the curve, or at its nearest end."""
    logs = [math.log(r) for r, _ in points]
    return Pchip(logs, [value for _, value in points])(min(max(math.log(rate), logs[0]), logs[-1]))


def rate_distortion(results, metric):
    """The chart of a metric over bits per pixel, of the mean curves; None if it was not measured."""
    curves = {}
    for key, curve in results["mean_curves"].items():
        points = sorted({p["bpp"]: p[metric] for p in curve.values() if p[metric] is not None}.items())
        if len(points) >= 2:
            curves[key] = points
    if not curves:
        return None
    width, height, about = 860, 500, METRICS[metric]
    axes = Axes(64, 64, 580, 376, (LEAST_RATE, MOST_RATE), *value_range(curves.values(), about))
    unit = f", {about.unit}" if about.unit else ""
    better = "" if about.higher_is_better else " (less is better: the axis points down)"
    title = f"{about.title}{unit}, over bits per pixel"
    left, right = axes.x(LOW_RATE), axes.x(HIGH_RATE)
    band = f'<rect class="band" x="{left:.1f}" y="{axes.upper}" width="{right - left:.1f}" height="{axes.height}"/>'
    area = f'<rect x="{axes.left}" y="{axes.upper}" width="{axes.width}" height="{axes.height}"/>'
    clip = f'<clipPath id="c">{area}</clipPath>'
    parts = [
        text(24, 34, title, "title"),
        text(24, 53, f"Mean of {mean_of(results)} at each setting{better}", "faint"),
        band,
        clip,
    ]
    parts += axes.grid(RATE_TICKS)
    parts.append(
        text(
            axes.left + axes.width / 2,
            height - 20,
            "bits per pixel, logarithmic; BD-rates are taken in the shaded part",
            "faint middle",
        )
    )
    order = sorted(curves, key=lambda key: about.rising(value_at(curves[key], 0.5)), reverse=True)
    drawn = [group(key, curve_parts(axes, curves[key])) for key in sorted(curves, key=lambda key: key == "lic")]
    parts.append(f'<g clip-path="url(#c)">{"".join(drawn)}</g>')
    parts += legend(results, order, axes.left + axes.width + 28, axes.upper + 8)
    return document(width, height, title, results["codecs"], parts)


def value_range(curves, about):
    """The worst and the best value to show. One codec that is far worse than all others may leave the chart below."""
    worst = sorted((about.rising(value_at(points, LEAST_RATE)) for points in curves))[:2][-1]
    best = max(about.rising(value_at(points, MOST_RATE)) for points in curves)
    return about.rising(worst), about.rising(max(best, worst + 1e-3))


def curve_parts(axes, points):
    dots = [f'<circle class="dot" cx="{axes.x(rate):.1f}" cy="{axes.y(value):.1f}" r="2.6"/>' for rate, value in points]
    return [f'<path class="curve" d="{curve_path(axes, points)}"/>', *dots]


def legend(results, order, x, y):
    parts = [text(x, y, "ordered as at 0.5", "faint")]
    for i, key in enumerate(order):
        row = y + 26 + 24 * i
        parts.append(
            group(
                key,
                [f'<path class="curve" d="M{x} {row - 4}h24"/>', text(x + 34, row, results["codecs"][key]["title"])],
            )
        )
    return parts


def bytes_over_time(results, what):
    """Charts of BD-rates against JPEG over the time of "encode" or "decode"; None if JPEG was not measured."""
    if "jpeg" not in results["codecs"]:
        return None
    seconds = {key: max(cost[f"{what}_seconds_per_megapixel"], 1e-4) for key, cost in results["cost"].items()}
    width, height, panel_width, panel_height = 860, 668, 320, 220
    ends = 0.7 * min(seconds.values()), 1.8 * max(seconds.values())
    title = f"Bytes for equal quality, against JPEG, over the time to {what}"
    parts = [
        text(24, 34, title, "title"),
        text(
            24,
            53,
            "BD-rate in per cent (less is better) over processor seconds for a megapixel, one thread, program start "
            "included",
            "faint",
        ),
    ]
    for i, metric in enumerate(COST_METRICS):
        figures = {key: of["mean"] for key, of in results["bd_rate_of_others_to_jpeg"][metric].items() if of}
        if not figures:
            continue
        values = [0, *figures.values()]
        margin = 0.08 * (max(values) - min(values))
        axes = Axes(
            68 + (i % 2) * 410,
            104 + (i // 2) * 300,
            panel_width,
            panel_height,
            ends,
            max(values) + margin,
            min(values) - margin,
        )
        parts += [text(axes.left, axes.upper - 12, METRICS[metric].title), *axes.grid(time_ticks(*ends), " s", " %")]
        parts += labelled_dots(axes, {"jpeg": 0.0, **figures}, seconds, results["codecs"])
    return document(width, height, title, results["codecs"], parts)


def time_ticks(low, high):
    """1, 2 and 5 times powers of ten; of wide ranges the powers alone."""
    powers = [10.0**i for i in range(-4, 4)]
    ticks = [factor * power for power in powers for factor in (1, 2, 5) if low <= factor * power <= high]
    return ticks if len(ticks) <= 6 else [power for power in powers if low <= power <= high]


def labelled_dots(axes, figures, seconds, codecs):
    """Dots with names beside them, each where it covers no other dot or name if there is such a place."""
    places = {key: (axes.x(seconds[key]), axes.y(value)) for key, value in figures.items()}
    taken, parts = [(x - 5, y - 5, x + 5, y + 5) for x, y in places.values()], []
    for key, (x, y) in sorted(places.items(), key=lambda place: place[1][1]):
        length = 7 * len(codecs[key]["title"])
        boxes = [
            (start, y + drop - 7, start + length, y + drop + 6)
            for drop in (0, 12, -12, 22, -22, 33)
            for start in (x + 9, x - 9 - length)
        ]
        inside = [box for box in boxes if box[0] > axes.left and box[2] < axes.left + axes.width + 24]
        box = next((box for box in inside if not any(overlap(box, other) for other in taken)), boxes[0])
        taken.append(box)
        label = text(box[0] if box[0] > x else box[2], box[1] + 11, codecs[key]["title"], "" if box[0] > x else "end")
        parts.append(
            group(key, [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{6 if key == "lic" else 4.5}"/>', label])
        )
    return parts


def overlap(a, b):
    """Of boxes (left, upper, right, lower)."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def write_charts(prefix, results):
    """PREFIX-METRIC.svg, PREFIX-encode.svg and PREFIX-decode.svg."""
    charts = {metric: rate_distortion(results, metric) for metric in METRICS}
    charts.update({what: bytes_over_time(results, what) for what in ("encode", "decode")})
    for name, chart in charts.items():
        path = f"{prefix}-{name.replace('_', '-')}.svg"
        if chart:
            with open(path, "w", encoding="utf-8") as file:
                file.write(chart)
        elif os.path.exists(path):  # of an earlier run
            os.remove(path)

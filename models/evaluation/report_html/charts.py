"""Charts as SVG, drawn in the colour of the text around them (`currentColor`).

Classes `codec-KEY` set that colour: see palette().
"""

import math

from models.evaluation.figures import comparison
from models.evaluation.figures.svg_charts import colour_of

from .markup import element
from .rate_curves import known, value_at

WIDTH, HEIGHT = 480, 320  # in units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 50, 470, 24, 276  # the plotting area
NAMES_END = 128  # of the chart of BD-rates: where the codecs' names end
RATES = (0.075, 2.0)  # bits per pixel that are drawn
COST_RATES = (0.25, 0.5, 1.0)  # bits per pixel at which decoding cost is drawn

CIRCLE, SQUARE, DIAMOND = "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z", "M-3.5-3.5h7v7h-7Z", "M0-5 5 0 0 5-5 0Z"
UP, DOWN, BAR, TALL = "M0-4.8 4.8 3.6h-9.6Z", "M0 4.8 4.8-3.6h-9.6Z", "M-5-2h10v4h-10Z", "M-2-5h4v10h-4Z"
PLUS = "M-1.3-4.5h2.6v3.2h3.2v2.6h-3.2v3.2h-2.6v-3.2h-3.2v-2.6h3.2Z"
CROSS = "M-4.4-2.6-2.6-4.4 0-1.8 2.6-4.4 4.4-2.6 1.8 0 4.4 2.6 2.6 4.4 0 1.8-2.6 4.4-4.4 2.6-1.8 0Z"
SHAPES = {
    "lic": CIRCLE,
    "jpeg": SQUARE,
    "jpeg2000": DIAMOND,
    "webp": UP,
    "avif": DOWN,
    "avif-iq": PLUS,
    "avif-old": BAR,
    "jxl": CROSS,
    "heic": TALL,
}
METRIC_SHAPES = dict(zip(comparison.METRICS, (CIRCLE, SQUARE, DIAMOND, UP, DOWN, PLUS)))


def shape_of(codec):
    """The overfitted efforts have LIC's shape in another colour."""
    return SHAPES.get(codec, CIRCLE)


def palette(codecs):
    """CSS: the colour of each codec's class, on light and on dark ground."""
    return "".join(f".codec-{codec}{{color:light-dark({','.join(colour_of(codec))})}}" for codec in codecs)


class Axis:
    """Values to coordinates: `low` lies at `start`, `high` at `end`."""

    def __init__(self, low, high, start, end, logarithmic=False):
        self.scale = math.log if logarithmic else float
        self.low, self.high, self.start, self.end, self.logarithmic = low, high, start, end, logarithmic

    def __call__(self, value):
        low, high = self.scale(self.low), self.scale(self.high)
        return self.start + (self.scale(value) - low) / (high - low) * (self.end - self.start)

    def ticks(self, count=6):
        """Round values within the axis, and what to write at them."""
        low, high = sorted((self.low, self.high))
        if self.logarithmic:
            exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            values = [digit * 10.0**exponent for exponent in exponents for digit in (1, 2, 5)]
        else:
            step = round_step((high - low) / count)
            values = [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
        return [(value, f"{value:.10g}".replace("-", "\N{MINUS SIGN}")) for value in values if low <= value <= high]


def round_step(least):
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least * 0.999)


def number(value):
    """A coordinate, short."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def marker(shape, x, y):
    return element("path", d=shape, transform=f"translate({number(x)} {number(y)})")


def line(x1, y1, x2, y2, class_):
    return element("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=class_)


def label(text, x, y, anchor="middle", class_=None):
    return element("text", text, x=number(x), y=number(y), text_anchor=anchor, class_=class_)


def frame(x_axis, y_axis, x_title, y_title):
    """Grid, ticks and titles."""
    parts = []
    for value, text in y_axis.ticks():
        parts += [
            line(LEFT, y_axis(value), RIGHT, y_axis(value), "grid"),
            label(text, LEFT - 6, y_axis(value) + 4, "end"),
        ]
    for value, text in x_axis.ticks():
        parts += [line(x_axis(value), TOP, x_axis(value), BOTTOM, "grid"), label(text, x_axis(value), BOTTOM + 17)]
    return parts + [
        label(x_title, (LEFT + RIGHT) / 2, HEIGHT - 6, class_="title"),
        label(y_title, 6, 14, "start", "title"),
    ]


def plot_area(x=LEFT, width=RIGHT - LEFT, **attributes):
    return element("rect", x=number(x), y=TOP, width=number(width), height=BOTTOM - TOP, **attributes)


def drawing(content, description, height=HEIGHT, **attributes):
    return element(
        "svg",
        content,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=description,
        class_="chart",
        **attributes,
    )


def value_axis(values, about):
    """With a margin; better is always up."""
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 1
    low, high = low - margin, high + margin
    return Axis(low, high, BOTTOM, TOP) if about.higher_is_better else Axis(high, low, BOTTOM, TOP)


def axis_title(about):
    unit = f", {about.unit}" if about.unit else ""
    return f"{about.title}{unit}" + ("" if about.higher_is_better else " (less is better, so it is up)")


def series(codec, points, x_axis, y_axis):
    """A line with markers; `points`: (x, y) in the axes' units."""
    places = [(x_axis(x), y_axis(y)) for x, y in points]
    text = " ".join(f"{number(x)},{number(y)}" for x, y in places)
    return [element("polyline", points=text), [marker(shape_of(codec), x, y) for x, y in places]]


def rate_chart(curves, codecs, metric, bpp):
    """Quality over rate; None where nothing was measured. `curves`: codec -> points; `codecs`: key -> {"title"};
    `bpp`: where the values are read off. The part of the rates between which BD-rates are taken is tinted."""
    about = comparison.METRICS[metric]
    shown = {codec: known(curves.get(codec, []), metric) for codec in codecs}
    drawn_values = [y for points in shown.values() for x, y in points if RATES[0] <= x <= RATES[1]]
    if not drawn_values:
        return None
    x_axis, y_axis = Axis(*RATES, LEFT, RIGHT, logarithmic=True), value_axis(drawn_values, about)
    low, high = x_axis(comparison.LOW_RATE), x_axis(comparison.HIGH_RATE)
    parts = [
        element("clipPath", plot_area(), id=f"clip-{metric}"),
        plot_area(low, high - low, class_="limits"),
        frame(x_axis, y_axis, "bits per pixel", axis_title(about)),
        line(x_axis(bpp), TOP, x_axis(bpp), BOTTOM, "cross"),
    ]
    for codec, points in reversed(shown.items()):  # LIC, which comes first, lies on top
        drawn = element("g", series(codec, points, x_axis, y_axis), clip_path=f"url(#clip-{metric})")
        values = " ".join(f"{x:.4f},{y:.4f}" for x, y in points)
        parts.append(element("g", drawn, class_=f"series codec-{codec}", data_codec=codec, data_points=values))
    names = ", ".join(codecs[codec]["title"] for codec in shown)
    return drawing(
        parts,
        f"{about.title} over bits per pixel: {names}",
        data_rates=f"{RATES[0]},{RATES[1]}",
        data_plot=f"{LEFT},{RIGHT}",
    )


def cost_chart(curves, codecs, metric):
    """Quality over decoding time, of each codec at COST_RATES, joined; None where nothing was measured."""
    about, shown = comparison.METRICS[metric], {}
    for codec in codecs:
        points = [[value_at(curves.get(codec, []), key, rate) for key in ("decode_ms", metric)] for rate in COST_RATES]
        shown[codec] = [(x, y) for x, y in points if x and y is not None]
    everything = [point for points in shown.values() for point in points]
    if not everything:
        return None
    times, values = zip(*everything)
    x_axis, y_axis = Axis(min(times) / 1.4, max(times) * 1.4, LEFT, RIGHT, logarithmic=True), value_axis(values, about)
    parts = [frame(x_axis, y_axis, "decoding, milliseconds of one core for each megapixel", axis_title(about))]
    for codec, points in reversed(shown.items()):
        parts.append(element("g", series(codec, points, x_axis, y_axis), class_=f"series codec-{codec}"))
    return drawing(parts, f"{about.title} over decoding time: {', '.join(codecs[codec]['title'] for codec in shown)}")


def bd_chart(results, metrics):
    """BD-rates: a row for each rival, a marker for each metric; left of the middle LIC takes fewer bytes."""
    means = {}
    for rival in (codec for codec in results["codecs"] if codec != "lic"):
        figures = {metric: results["bd_rate"][metric][rival] for metric in metrics}
        means[rival] = {metric: of["mean"] for metric, of in figures.items() if of}
    values = [value for of in means.values() for value in of.values()]
    if not values:
        return None
    row, top = 34, 30
    bottom = top + row * len(means)
    x_axis = Axis(min(-10, *values) - 8, max(10, *values) + 8, NAMES_END, RIGHT)
    parts = [
        label("\N{LEFTWARDS ARROW} LIC is smaller", x_axis(0) - 8, 14, "end", "title"),
        label("LIC is larger \N{RIGHTWARDS ARROW}", x_axis(0) + 8, 14, "start", "title"),
    ]
    for value, text in x_axis.ticks():
        parts += [
            line(x_axis(value), top, x_axis(value), bottom, "grid" if value else "zero"),
            label(f"{text} %", x_axis(value), bottom + 18),
        ]
    for index, (rival, of) in enumerate(means.items()):
        y = top + row * (index + 0.5)
        parts += [
            line(NAMES_END, y, RIGHT, y, "grid"),
            label(results["codecs"][rival]["title"], NAMES_END - 8, y + 4, "end", "name"),
        ]
        parts.append(
            element(
                "g",
                [marker(METRIC_SHAPES[m], x_axis(value), y) for m, value in of.items()],
                class_=f"series codec-{rival}",
            )
        )
    return drawing(parts, "BD-rate of LIC against each codec, by each metric; the table has the values", bottom + 28)


def shape_key(shape, class_=None):
    """A marker for a legend made of HTML."""
    return element(
        "svg",
        element("path", d=shape),
        viewBox="-6 -6 12 12",
        width="14",
        height="14",
        aria_hidden="true",
        class_=f"key {class_ or ''}".strip(),
    )


def codec_key(codec):
    return shape_key(shape_of(codec), f"codec-{codec}")

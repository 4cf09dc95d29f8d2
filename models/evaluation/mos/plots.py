"""Figures as SVG, readable alone, light and dark."""

from xml.sax.saxutils import escape

COLOURS = ("#0b62c4", "#c4420b", "#0b8a5a", "#8a3fc4", "#a37a00", "#c40b6e", "#3f7f8a", "#6b6b6b")
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #222 } .quiet { fill: #666 }
.grid { stroke: #ddd } .axis { stroke: #888 } .ground { fill: #fff }
@media (prefers-color-scheme: dark) {
  text { fill: #eee } .quiet { fill: #aaa }
  .grid { stroke: #3a3a3a } .axis { stroke: #888 } .ground { fill: #181818 }
}
</style>"""
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 40, 46  # margins


def svg(width, height, title, parts):
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">'
    )
    ground = f'<rect class="ground" width="{width}" height="{height}"/>'
    return "\n".join([head, STYLE, ground, text(LEFT, 22, title, "font-weight='600'"), *parts, "</svg>\n"])


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(str(words))}</text>'


def line(x1, y1, x2, y2, more):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def colour(codecs, codec):
    return COLOURS[list(codecs).index(codec) % len(COLOURS)]


def interval(x, low, high, stroke, vertical):
    """A line with ends from low to high at x (or, lying, at the height x)."""
    ends = [(x, low, x, high), (x - 4, low, x + 4, low), (x - 4, high, x + 4, high)]
    return "".join(
        line(*(end if vertical else (end[1], end[0], end[3], end[2])), f'stroke="{stroke}" stroke-width="1.5"')
        for end in ends
    )


def score_figure(rows, codecs, title):
    """Scores by bit rate, with intervals. rows as those of scores.mos, without the rates together."""
    width, height = 720, 400
    rates = sorted({row["rate"] for row in rows})
    low = min(1.0, min(row["mean"] - (row["interval"] or 0) for row in rows))
    high = max(5.0, max(row["mean"] + (row["interval"] or 0) for row in rows))
    inner_width, inner_height = width - LEFT - RIGHT, height - TOP - BOTTOM

    def x(rate, codec):
        place = (
            (rates.index(rate) + 0.5) / len(rates)
            if len(rates) < 2 or rates[0] == rates[-1]
            else 0.08 + 0.84 * (rate - rates[0]) / (rates[-1] - rates[0])
        )
        return (
            LEFT + inner_width * place + 5 * (list(codecs).index(codec) - (len(codecs) - 1) / 2)
        )  # beside each other, so that intervals can be told apart

    def y(score):
        return TOP + inner_height * (high - score) / (high - low)

    parts = [
        line(LEFT, y(grade), width - RIGHT, y(grade), 'class="grid"')
        + text(LEFT - 12, y(grade) + 4, grade, 'text-anchor="end"')
        for grade in range(1, 6)
    ]
    middle = (len(codecs) - 1) // 2
    parts += [
        text(x(rate, list(codecs)[middle]), height - BOTTOM + 20, f"{rate:g}", 'text-anchor="middle"') for rate in rates
    ]
    parts += [text(LEFT + inner_width / 2, height - 8, "bits per pixel", 'text-anchor="middle" class="quiet"')]
    ends = []
    for codec in codecs:
        own = sorted((row for row in rows if row["codec"] == codec), key=lambda row: row["rate"])
        stroke = colour(codecs, codec)
        points = [(x(row["rate"], codec), y(row["mean"])) for row in own]
        parts.append(
            f'<polyline fill="none" stroke="{stroke}" stroke-width="2" '
            f'points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'
        )
        for row, (a, b) in zip(own, points):
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{stroke}"/>')
            if row["interval"] is not None:
                parts.append(
                    interval(
                        a, y(row["mean"] - row["interval"]), y(row["mean"] + row["interval"]), stroke, vertical=True
                    )
                )
        if points:
            ends.append((points[-1][1], codec))
    parts += names_beside(ends, codecs, width - RIGHT + 12, TOP, height - BOTTOM)
    return svg(width, height, title, parts)


def names_beside(ends, codecs, x, top, bottom):
    """Codecs' names at the ends of their lines, 17 pixels apart at least."""
    ends = sorted(ends)
    places = []
    for wanted, _ in ends:
        places.append(max(wanted, (places[-1] + 17) if places else top + 6))
    shift = max(0, places[-1] - bottom) if places else 0
    return [
        text(x, place - shift + 4, codec, f'style="fill: {colour(codecs, codec)}" font-weight="600"')
        for place, (_, codec) in zip(places, ends)
    ]


def strength_figure(rows, codecs, title):
    """Strengths with their intervals, one block a rate. rows as those of scores.strengths."""
    width, row_height, left = 720, 22, 150
    rates = list(dict.fromkeys(row["rate"] for row in rows))
    height = TOP + len(rows) * row_height + len(rates) * 30 + BOTTOM
    low, high = (
        side(value for row in rows for value in (row["low"], row["high"], row["strength"])) for side in (min, max)
    )
    low, high = min(low, -0.5), max(high, 0.5)

    def x(strength):
        return left + (width - left - 30) * (strength - low) / (high - low)

    parts, y = [], TOP
    parts.append(line(x(0), TOP, x(0), height - BOTTOM, 'class="axis"'))
    for rate in rates:
        y += 24
        parts.append(text(12, y, "all rates" if isinstance(rate, str) else f"{rate:g} bits per pixel", 'class="quiet"'))
        for row in (row for row in rows if row["rate"] == rate):
            y += row_height
            stroke = colour(codecs, row["codec"])
            parts.append(text(left - 14, y + 4, row["codec"], 'text-anchor="end"'))
            parts.append(interval(y, x(row["low"]), x(row["high"]), stroke, vertical=False))
            parts.append(f'<circle cx="{x(row["strength"]):.1f}" cy="{y}" r="4" fill="{stroke}"/>')
        y += 6
    for tick in range(int(low), int(high) + 1):
        parts.append(
            line(x(tick), height - BOTTOM, x(tick), height - BOTTOM + 5, 'class="axis"')
            + text(x(tick), height - BOTTOM + 20, tick, 'text-anchor="middle"')
        )
    parts.append(
        text(
            (left + width) / 2,
            height - 8,
            "log strength (Bradley-Terry); 1 more: preferred 73 times of 100",
            'text-anchor="middle" class="quiet"',
        )
    )
    return svg(width, height, title, parts)

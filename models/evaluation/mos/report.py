"""The analysis as data (analysis.json), as Markdown with figures beside it, and as one HTML file."""

import html
import os

from . import plots, results, scores, screening
from .study import write_json

CSS = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 860px; margin: 2rem auto; padding: 0 16px }
h1 { font-size: 1.7rem } h2 { margin-top: 2.2rem; font-size: 1.25rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .93rem }
th, td { padding: 4px 12px; border-bottom: 1px solid #8885; text-align: left; white-space: nowrap }
td { font-variant-numeric: tabular-nums }
figure { margin: 1rem 0 } svg { max-width: 100%; height: auto }"""
SCALE_NAMES = {"acr": "quality, 1 to 5", "dsis": "impairment, 1 to 5 (5: imperceptible)", "pair": "preference"}


def analyse(plan, key, places):
    """Everything that follows from the results. `places`: as results.read_files gives them."""
    raters, left_out = results.usable(places, plan)
    verdicts = screening.screen(plan["method"], raters, key)
    kept = [rater for rater, verdict in zip(raters, verdicts) if verdict.kept]
    analysis = {
        "format": "lic-mos-analysis",
        "version": 1,
        "plan": plan["id"],
        "title": plan["title"],
        "method": plan["method"],
        "codecs": key["codecs"],
        "rates": key["rates"],
        "images": sorted({e["stimuli"][0]["image"] for e in key["items"].values()}),
        "left_out": left_out,
        "pictures_left_out": key["left_out"],
        "raters": [rater_row(r, v) for r, v in zip(raters, verdicts)],
        "kept": len(kept),
        "notes": notes_on(kept),
    }
    if not kept:
        return analysis
    if plan["method"] == "pair":
        rows, differences, notes = scores.strengths(kept, key, plan["seed"])
        return {
            **analysis,
            "strengths": rows,
            "differences": differences,
            "notes": analysis["notes"] + notes,
            "ranking": scores.ranking(rows, "strength"),
        }
    rows = scores.mos(kept, key)
    hidden = (
        {"dmos": scores.mos(kept, key, differential=True), "originals": scores.originals_mos(kept, key)}
        if plan["method"] == "acr"
        else {}
    )
    return {
        **analysis,
        "mos": rows,
        **hidden,
        "differences": scores.mos_differences(kept, key),
        "pictures": scores.picture_mos(kept, key),
        "ranking": scores.ranking(rows, "mean"),
    }


def rater_row(rater, verdict):
    seconds = sorted(rater.seconds.values())
    return {
        "rater": rater.name,
        "kept": verdict.kept,
        "reason": verdict.reason,
        "traps": verdict.traps,
        "traps_failed": verdict.traps_failed,
        "repeats": verdict.repeats,
        "agreement": verdict.agreement,
        "above": verdict.above,
        "below": verdict.below,
        "median_seconds": seconds[len(seconds) // 2] if seconds else None,
        "pixel_ratio": rater.pixel_ratio,
    }


def notes_on(kept):
    notes = []
    if len(kept) < 15:
        notes.append(f"{len(kept)} raters count. BT.500 asks for 15 at least: take the figures as those of a trial.")
    ratios = {rater.pixel_ratio for rater in kept}
    if len(ratios) > 1:
        notes.append(
            f"Screens differ: device pixels for each CSS pixel {', '.join(f'{ratio:g}' for ratio in sorted(ratios))}. "
            "Finer pixels hide faults."
        )
    return notes


def write_report(folder, analysis):
    """analysis.json, report.md, report.html and the figures, in a folder that is made."""
    os.makedirs(folder, exist_ok=True)
    drawn = figures(analysis)
    sections = list(sections_of(analysis))
    write_json(os.path.join(folder, "analysis.json"), analysis)
    files = {
        **{f"{name}.svg": figure for name, figure in drawn.items()},
        "report.md": markdown(analysis["title"], sections),
        "report.html": as_html(analysis["title"], sections, drawn),
    }
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)


def figures(analysis):
    codecs = analysis["codecs"]
    if "strengths" in analysis:
        return {"strengths": plots.strength_figure(analysis["strengths"], codecs, "Preferences with 95 % intervals")}
    if "mos" not in analysis:
        return {}
    single = [row for row in analysis["mos"] if row["rate"] != scores.ALL]
    return {"mos": plots.score_figure(single, codecs, "Mean opinion score with 95 % intervals")}


def sections_of(analysis):
    """(heading, paragraphs, figure's name or None, table or None).

    A table is a list of rows, of which the first is the head.
    """
    facts = [
        f"Method: {analysis['method'].upper()}, {SCALE_NAMES[analysis['method']]}. {len(analysis['codecs'])} codecs, "
        f"{len(analysis['images'])} images, bits per pixel {', '.join(f'{rate:g}' for rate in analysis['rates'])}. "
        f"{analysis['kept']} of {len(analysis['raters'])} raters count.",
        *analysis["notes"],
    ]
    yield "Result", [*facts, ranking_line(analysis)], next(iter(figures(analysis)), None), None
    if "mos" in analysis:
        how = [
            "Mean over raters of each rater's mean over images; ± is half of the 95 % interval (Student's t over "
            "raters)."
        ]
        if "originals" in analysis:
            how.append(
                f"The hidden originals: {number(analysis['originals']['mean'])} ± "
                f"{number(analysis['originals']['interval'])}."
            )
        yield "Scores", how, None, score_table(analysis)
    if "strengths" in analysis:
        yield "Strengths", ["Natural logarithms, mean 0; intervals by a bootstrap over raters."], None, strength_table(
            analysis["strengths"]
        )
    if analysis.get("differences"):
        how = "paired t tests over raters" if "mos" in analysis else "a bootstrap over raters"
        yield "Differences", [
            f"p by {how}, adjusted for the number of pairs at a rate (Holm). Below {scores.SIGNIFICANT}: significant."
        ], None, difference_table(analysis["differences"])
    yield "Raters", [
        "Why a rater does not count, and what was measured: traps failed; grades between repetitions, or share of "
        "equal answers; agreement with the others as z against chance; grades far above and below the mean (BT.500)."
    ], None, rater_table(analysis["raters"])
    left_out = [*analysis["left_out"], *analysis["pictures_left_out"]]
    if left_out:
        yield "Left out", left_out, None, None


def ranking_line(analysis):
    if "ranking" not in analysis:
        return "No rater is left: there is no result."
    rate = scores.ALL if len(analysis["rates"]) > 1 else analysis["rates"][0]
    differences = {(row["better"], row["worse"]): row["p"] for row in analysis["differences"] if row["rate"] == rate}
    words = analysis["ranking"][0]
    for better, worse in zip(analysis["ranking"], analysis["ranking"][1:]):
        p = differences.get((better, worse))
        words += f" {'>' if p is not None and p < scores.SIGNIFICANT else '≈'} {worse}"
    signs = "(>: significantly better than the next one, ≈: not significantly.)"
    return f"From best to worst, over all rates: {words}. {signs}"


def number(value, places=2):
    return "-" if value is None else f"{value:.{places}f}"


def rate_name(rate):
    return rate if isinstance(rate, str) else f"{rate:g}"


def score_table(analysis):
    dmos = {(row["codec"], row["rate"]): row for row in analysis.get("dmos", [])}
    head = ["bits per pixel", "codec", "MOS", *(["DMOS, against the hidden original"] if dmos else []), "raters"]
    rows = []
    for row in analysis["mos"]:
        more = dmos.get((row["codec"], row["rate"]))
        both = [row, *([more] if more else [])]
        rows.append(
            [
                rate_name(row["rate"]),
                row["codec"],
                *(f"{number(r['mean'])} ± {number(r['interval'])}" for r in both),
                row["raters"],
            ]
        )
    return [head, *rows]


def strength_table(rows):
    head = ["bits per pixel", "codec", "log strength", "95 % interval", "preferred", "not preferred", "no difference"]
    return [
        head,
        *(
            [
                rate_name(r["rate"]),
                r["codec"],
                number(r["strength"]),
                f"{number(r['low'])} to {number(r['high'])}",
                r["wins"],
                r["losses"],
                r["ties"],
            ]
            for r in rows
        ),
    ]


def difference_table(rows):
    is_pair = "preference" in rows[0]
    head = ["bits per pixel", "better", "worse", "preferred, 95 % interval" if is_pair else "difference of MOS", "p"]

    def size(row):
        if is_pair:
            return f"{100 * row['preference']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f})"
        return f"{number(row['difference'])} ± {number(row['interval'])}"

    return [
        head,
        *(
            [
                rate_name(row["rate"]),
                row["better"],
                row["worse"],
                size(row),
                "< 0.001" if (row["p"] or 0) < 0.001 and row["p"] is not None else number(row["p"], 3),
            ]
            for row in rows
        ),
    ]


def rater_table(rows):
    head = ["rater", "counts", "traps failed", "repeats", "agreement", "far above", "far below", "seconds (median)"]
    return [
        head,
        *(
            [
                r["rater"],
                "yes" if r["kept"] else r["reason"],
                f"{r['traps_failed']} of {r['traps']}",
                number(r["repeats"]),
                number(r["agreement"], 1),
                r["above"],
                r["below"],
                number(r["median_seconds"], 1),
            ]
            for r in rows
        ),
    ]


def markdown(title, sections):
    parts = [f"# {plain(title)}"]
    for heading, paragraphs, figure, table in sections:
        parts += [f"## {heading}", *(plain(p) for p in paragraphs)]
        if figure:
            parts.append(f"![{figure}]({figure}.svg)")
        if table:
            lines = ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in table]
            parts.append("\n".join([lines[0], "|" + "---|" * len(table[0]), *lines[1:]]))
    return "\n\n".join(parts) + "\n"


def plain(value):
    """Text of raters and codecs, so that it is no markup."""
    return "".join(f"\\{c}" if c in "\\|*_`[]<#" else " " if c in "\r\n" else c for c in str(value))


def as_html(title, sections, drawn):
    parts = []
    for heading, paragraphs, figure, table in sections:
        parts += [f"<h2>{html.escape(heading)}</h2>", *(f"<p>{html.escape(p)}</p>" for p in paragraphs)]
        if figure:
            parts.append(f"<figure>{drawn[figure]}</figure>")
        if table:
            head, *rows = [[html.escape(str(cell)) for cell in row] for row in table]
            titles = "".join(f"<th>{cell}</th>" for cell in head)
            cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
            table = f"<table><thead><tr>{titles}</tr></thead><tbody>{cells}</tbody></table>"
            parts.append(f'<div class="wide" tabindex="0">{table}</div>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{CSS}</style></head>\n<body><main>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )

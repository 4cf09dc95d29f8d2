"""Tables of figures, in Markdown, and where they stand in texts."""

from .comparison import HIGH_RATE, LOW_RATE, METRICS

# The columns of the summary: the results that they are of, what the model is called, by which metric.
SUMMARY = (
    ("kodak", "lic-photo", "psnr"),
    ("kodak-visual", "lic-visual", "ms_ssim"),
    ("kodak-visual", "lic-visual", "ssimulacra2"),
)


def percent(value):
    return "-" if value is None else f"{value:+.1f} %"


def table(header, rows):
    lines = [f"| {' | '.join(line)} |" for line in (header, *rows)]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]])


def codec_names(results):
    """key -> title and version, of the rivals."""
    return {key: f"{codec['title']}, {codec['version']}" for key, codec in results["codecs"].items() if key != "lic"}


def bd_cell(figures, images):
    """Says of how many images it is the mean where others have no common quality, or the codec failed on them."""
    if figures is None:
        return "no common quality"
    mean, of_means, worst = (percent(figures[key]) for key in ("mean", "of_mean_curves", "worst"))
    part = f"<br>{figures['images']} of {images} pictures" if figures["images"] < images else ""
    return f"{mean} ({of_means})<br>{worst} {figures['worst_image']}{part}"


def bd_table(results, metrics):
    header = ["bytes of LIC for equal quality, against", *(METRICS[metric].title for metric in metrics)]
    rows = [
        [name, *(bd_cell(results["bd_rate"][metric][key], results["images"]) for metric in metrics)]
        for key, name in codec_names(results).items()
    ]
    rows += [[key, f"not measured: {reason}", *[""] * (len(metrics) - 1)] for key, reason in results["missing"].items()]
    return f"{table(header, rows)}\n\n{bd_note(results)}"


def bd_note(results):
    narrower = [
        f"{title} {figures['low_bpp']:.2f} to {figures['high_bpp']:.2f}"
        for key, title in ((key, codec["title"]) for key, codec in results["codecs"].items())
        if (figures := results["bd_rate"]["psnr"].get(key))
        and (figures["low_bpp"] > LOW_RATE + 0.005 or figures["high_bpp"] < HIGH_RATE - 0.005)
    ]
    lines = [
        f"BD-rate between {LOW_RATE} and {HIGH_RATE:g} bits per pixel: the mean of {results['images']} pictures,",
        "in brackets that of the mean curves, below them the worst picture.",
    ]
    if narrower:
        lines.append(f"The common part, on average: {', '.join(narrower)}.")
    lines += [
        f"{METRICS[metric].title} was not measured: {reason}." for metric, reason in results["missing_metrics"].items()
    ]
    return "\n".join([*lines, f"Measured with {results['codecs']['lic']['version']}."])


def equal_jpeg(results, psnr):
    """The JPEG quality whose mean PSNR is the given one, interpolated between the measured ones, and its bits per
    pixel."""
    points = [
        (point["psnr"], float(quality), point["bpp"])
        for quality, point in results["mean_curves"].get("jpeg", {}).items()
    ]
    points.sort()
    for (low, quality, bpp), (high, next_quality, next_bpp) in zip(points, points[1:]):
        if low <= psnr <= high:
            part = (psnr - low) / (high - low)
            return f"{quality + part * (next_quality - quality):.0f}, {bpp + part * (next_bpp - bpp):.3f}"
    return "-"


def curve_table(results):
    """What a quality means."""
    header = [
        "quality",
        "bits per pixel",
        "PSNR",
        "MS-SSIM",
        "SSIMULACRA 2",
        "JPEG of that PSNR: quality, bits per pixel",
    ]
    rows = [
        [
            setting,
            f"{p['bpp']:.3f}",
            f"{p['psnr']:.2f} dB",
            f"{p['ms_ssim']:.2f} dB",
            number(p["ssimulacra2"]),
            equal_jpeg(results, p["psnr"]),
        ]
        for setting, p in results["mean_curves"]["lic"].items()
    ]
    return table(header, rows)


def number(value):
    return "-" if value is None else f"{value:.1f}"


def cost_table(results):
    """What codecs take on one thread, as commands."""
    header = ["codec", "command", "encode, s/MP", "decode, s/MP", "encode, peak MB", "decode, peak MB"]
    rows = []
    for key, codec in results["codecs"].items():
        cost = results["cost"][key]
        seconds = [f"{cost[f'{what}_seconds_per_megapixel']:.3f}" for what in ("encode", "decode")]
        memory = [
            "-" if cost[f"{what}_memory"] is None else f"{cost[f'{what}_memory'] / 1e6:.0f}"
            for what in ("encode", "decode")
        ]
        rows.append([f"{codec['title']}, {codec['version']}", f"`{codec['command']}`", *seconds, *memory])
    return table(header, rows)


def summary_table(results):
    """What the project's README quotes of the results, which are given by their names: means only."""
    header = [
        "bytes for equal quality, against",
        *(f"{model}, {METRICS[metric].title}" for _, model, metric in SUMMARY),
    ]
    names = codec_names(results[SUMMARY[0][0]])
    rows = [
        [names[key], *(percent(results[name]["bd_rate"][metric][key]["mean"]) for name, _, metric in SUMMARY)]
        for key in names
    ]
    return table(header, rows)


def full_tables(results):
    """What the evaluation's README quotes."""
    return f"{bd_table(results, tuple(METRICS))}\n\n{curve_table(results)}\n\n{cost_table(results)}"


def markers(name):
    return f"<!-- table:{name} -->", f"<!-- /table:{name} -->"


def table_in(text, name):
    """The table between its markers in a text, or None if they are not there."""
    begin, end = markers(name)
    if not 0 <= text.find(begin) < text.find(end):
        return None
    return text.split(begin, 1)[1].split(end, 1)[0].strip("\n")


def with_table(text, name, table_text):
    """The text with another table between the markers. They must be there."""
    begin, end = markers(name)
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{table_text}\n{end}{rest.split(end, 1)[1]}"

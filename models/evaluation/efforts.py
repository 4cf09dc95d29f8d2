"""The ladder of the encoder's efforts: what each saves against effort 0 at equal quality, and what it takes.

    python3 -m models.evaluation.efforts ../shared/data/kodak/*.png [--efforts 0 3 9] [--metrics psnr ms_ssim] \
        [--command PATH] [--model NAME] [--markdown]

BD-rate as in compare.py: the mean over the pictures, between 0.15 and 1 bits per pixel. Time is that of the whole
command, processor seconds of one thread, per megapixel, the mean over pictures and qualities.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile

from models.evaluation.measurements.perceptual import PerceptualMetrics
from models.evaluation.measurements.picture_files import read_picture
from models.measures import metrics
from models.measures.bdrate import bd_rate

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUALITIES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# name -> value in dB or on another scale on which curves are nearly straight
METRICS = {
    "psnr": lambda found: found["psnr"],
    "ms_ssim": lambda found: metrics.ms_ssim_db(found["ms_ssim"]),
    "ssimulacra2": lambda found: found["ssimulacra2"],
}


def measure(args, original, picture, quality, effort, folder):
    """-> bits per pixel, the metrics, processor seconds per megapixel."""
    file, decoded = os.path.join(folder, "measured.lic"), os.path.join(folder, "measured.png")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run(
        args.command,
        "encode",
        picture,
        "-o",
        file,
        "-q",
        str(quality),
        "--effort",
        str(effort),
        "-m",
        args.model,
        "--quiet",
    )
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    run(args.command, "decode", file, "-o", decoded, "-m", args.model, "--quiet")
    found = original.compare(read_picture(decoded))
    if "ssimulacra2" in args.metrics:
        found.update(PerceptualMetrics().compare(picture, decoded))
    pixels = original.luma.size
    return 8 * os.path.getsize(file) / pixels, [METRICS[name](found) for name in args.metrics], seconds / (pixels / 1e6)


def ladder(args):
    """Prints for each effort: mean and worst BD-rate against the first one by each metric, seconds per megapixel,
    pictures on which bytes and metrics rise with quality."""
    originals = [metrics.Reference(read_picture(picture)) for picture in args.pictures]
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        for effort in args.efforts:
            curves[effort] = [
                [measure(args, original, picture, quality, effort, folder) for quality in args.qualities]
                for original, picture in zip(originals, args.pictures)
            ]
            rates = [compare(curves[args.efforts[0]], curves[effort], at) for at in range(len(args.metrics))]
            seconds = [point[2] for curve in curves[effort] for point in curve]
            rising = sum(
                all(a[0] < b[0] and all(map(float.__lt__, a[1], b[1])) for a, b in zip(curve, curve[1:]))
                for curve in curves[effort]
            )
            show(args, effort, rates, sum(seconds) / len(seconds), rising)


def compare(anchors, curves, at):
    """Mean and largest BD-rate by the metric at that place, over pictures on which there is one."""
    rates = [
        bd_rate(*([(point[0], point[1][at]) for point in points] for points in pair)) for pair in zip(anchors, curves)
    ]
    rates = [rate for rate in rates if rate is not None]
    return sum(rates) / len(rates), max(rates)


def show(args, effort, rates, seconds, rising):
    if args.markdown:
        cells = " | ".join(f"{mean:+.1%} | {worst:+.1%}" for mean, worst in rates)
        print(f"| {effort} | {cells} | {seconds:.2f} | {rising} of {len(args.pictures)} |", flush=True)
        return
    text = ", ".join(f"{name} {mean:+.2%} (worst {worst:+.2%})" for name, (mean, worst) in zip(args.metrics, rates))
    print(
        f"effort {effort}: {text}, {seconds:.2f} s per megapixel, bytes and quality rise on {rising} of "
        f"{len(args.pictures)}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument(
        "--efforts", type=int, nargs="+", default=range(10), help="the first one is what the others are compared with"
    )
    parser.add_argument("--qualities", type=float, nargs="+", default=QUALITIES)
    parser.add_argument("--metrics", choices=METRICS, nargs="+", default=["psnr"])
    parser.add_argument("--command", default=os.path.join(ROOT, "build/release/native/lic"))
    parser.add_argument("--model", default=os.path.join(ROOT, "models/lic-photo.dec.licm"))
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    ladder(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())

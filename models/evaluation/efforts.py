"""The ladder of the encoder's efforts: what each saves against effort 0 at equal PSNR, and what it takes.

    python3 models/evaluation/efforts.py ../shared/data/kodak/*.png [--efforts 0 3 9] [--command PATH] [--model NAME] [--markdown]

BD-rate as in compare.py: the mean over the pictures, between 0.15 and 1 bits per pixel. Time is that of the whole command, processor
seconds of one thread, per megapixel, the mean over pictures and qualities.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

from bdrate import bd_rate

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUALITIES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure(command, model, picture, quality, effort, folder):
    """-> bits per pixel, PSNR in dB, processor seconds per megapixel."""
    file = os.path.join(folder, "measured.lic")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run(command, "encode", picture, "-o", file, "-q", str(quality), "--effort", str(effort), "-m", model, "--quiet")
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    found = json.loads(run(command, "verify", file, "--against", picture, "-m", model, "--json"))
    return found["bpp"], found["psnr"], seconds / (found["width"] * found["height"] / 1e6)


def ladder(args):
    """-> per effort: mean BD-rate against the first one, seconds per megapixel, pictures on which bytes and PSNR rise with quality."""
    curves, rows = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for effort in args.efforts:
            points = [[measure(args.command, args.model, picture, quality, effort, folder) for quality in args.qualities] for picture in args.pictures]
            curves[effort] = [[point[:2] for point in curve] for curve in points]
            seconds = [point[2] for curve in points for point in curve]
            rates = [bd_rate(anchor, curve) for anchor, curve in zip(curves[args.efforts[0]], curves[effort])]
            rates = [rate for rate in rates if rate is not None]
            rising = sum(all(a[0] < b[0] and a[1] < b[1] for a, b in zip(curve, curve[1:])) for curve in curves[effort])
            rows.append((effort, sum(rates) / len(rates), max(rates), sum(seconds) / len(seconds), rising))
            show(args, *rows[-1])
    return rows


def show(args, effort, rate, worst, seconds, rising):
    layout = "| {} | {:+.1%} | {:+.1%} | {:.2f} | {} of {} |" if args.markdown else "effort {}: {:+.2%}, worst {:+.2%}, {:.2f} s per megapixel, bytes and PSNR rise on {} of {}"
    print(layout.format(effort, rate, worst, seconds, rising, len(args.pictures)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--efforts", type=int, nargs="+", default=range(10), help="the first one is what the others are compared with")
    parser.add_argument("--qualities", type=float, nargs="+", default=QUALITIES)
    parser.add_argument("--command", default=os.path.join(ROOT, "build/release/native/lic"))
    parser.add_argument("--model", default=os.path.join(ROOT, "models/lic-photo.dec.licm"))
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    ladder(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The course of a run: a CSV file with a line for each report, and a picture of it.

    python3 -m models.training.curves RUN.csv [ANOTHER.csv ...] --out curves.png
"""
import argparse
import csv
import os

COLUMNS = ("step", "seconds", "kind", "loss", "bpp", "psnr", "rate")


class Curve:
    """Appends lines to a CSV file.

    `kind` is train (means since the last line) or val (all val crops, three qualities).
    """

    def __init__(self, path):
        self.path = path
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        if not os.path.exists(path):
            self.write(COLUMNS)

    def write(self, row):
        with open(self.path, "a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)

    def add(self, step, seconds, kind, loss, bpp, psnr, rate):
        self.write((step, round(seconds, 1), kind, f"{loss:.5f}", f"{bpp:.5f}", f"{psnr:.4f}", f"{rate:.2e}"))


def read_curve(path):
    """-> rows as dictionaries, numbers as floats."""
    with open(path, newline="") as file:
        return [
            {key: value if key == "kind" else float(value) for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def plot(paths, out):
    """Loss, bits per pixel and PSNR over steps: thin lines while training, points on the val crops."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 1, figsize=(8, 9), sharex=True, constrained_layout=True)
    for number, path in enumerate(paths):
        rows, colour = read_curve(path), f"C{number}"
        for axis, key in zip(axes, ("loss", "bpp", "psnr")):
            for kind, style in (
                ("train", {"linewidth": 0.8, "alpha": 0.7}),
                ("val", {"marker": "o", "linewidth": 1.5}),
            ):
                part = [row for row in rows if row["kind"] == kind]
                axis.plot(
                    [row["step"] for row in part],
                    [row[key] for row in part],
                    color=colour,
                    label=f"{os.path.basename(path)}, {kind}",
                    **style,
                )
    for axis, label in zip(axes, ("loss", "bits per pixel", "PSNR, dB")):
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize="small")
    axes[-1].set_xlabel("steps")
    figure.savefig(out, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN.csv")
    parser.add_argument("--out", required=True, metavar="PNG")
    args = parser.parse_args()
    plot(args.runs, args.out)


if __name__ == "__main__":
    main()

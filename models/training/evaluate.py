"""Measures a pair of model files: bits per pixel by the stored tables, and PSNR of the decoded pixels.

`--anchors` adds BD-rates against JPEG and JPEG 2000.

    python3 -m models.training.evaluate --model models/lic-photo --pictures DIR [--csv OUT] [--anchors]
    python3 -m models.training.evaluate --model models/lic-photo --data DIR        # the val crops
    python3 -m models.training.evaluate --checkpoint cae-2017.pt --data DIR        # networks without model files

The rate is that of a file of one tile: symbols at the cost of their table entries, and every byte around them. Anchors
are Pillow's libjpeg-turbo (progressive, optimised, 4:2:0) and OpenJPEG (irreversible 9/7, raw codestream).
"""
import argparse
import csv
import glob
import io
import os

import numpy as np
import torch
from PIL import Image, features

from models.measures.bdrate import bd_rate
from models.training.data.crops import data_dir, load_split
from models.training.files import checkpoint
from models.training.files.coder import Coder, load_model
from models.training.learning.trainer import make_autocast
from models.training.networks.cae2017 import CompressiveAutoencoder, TableCoder

QUALITIES = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
JPEG_QUALITIES = (5, 8, 12, 17, 24, 32, 42, 54, 66, 76, 84, 90, 94)
JPEG2000_RATIOS = (300, 220, 160, 120, 90, 66, 48, 36, 27, 20, 15, 11, 8)
LOW_BPP, HIGH_BPP = 0.15, 1.0


def psnr(first, second):
    mse = np.square(first.astype(np.float64) - second.astype(np.float64)).mean()
    return 10 * np.log10(255.0**2 / max(mse, 1e-9))


def load_files(prefix):
    """-> description, coder of a pair of model files."""
    decoder, encoder = load_model(prefix)
    return f"{decoder.name} {decoder.model_id().hex()}", Coder(decoder, encoder)


def load_coder(path):
    """-> description, coder of a checkpoint whose networks have no model files."""
    model, content = checkpoint.load(path)
    if not isinstance(model, CompressiveAutoencoder):
        raise SystemExit(f"{path}: export it, and measure its files with --model")
    return f"{model.config.network}, step {content['step']}", TableCoder(model, make_autocast(torch.device("cpu")))


def codec_curve(coder, pictures, qualities):
    """-> per quality (quality, mean bpp, mean PSNR, share of the hyper-latents), and the number of pictures whose
    bytes and PSNR both rise from each quality to the next."""
    points, rising = np.zeros((len(pictures), len(qualities), 3)), 0
    for picture, pixels in zip(points, pictures):
        latents, area = coder.analyse(pixels), pixels.shape[0] * pixels.shape[1]
        for point, quality in zip(picture, qualities):
            size, hyper, decoded = coder.code(pixels, int(round(quality * 256)), latents)
            point[:] = size * 8 / area, psnr(pixels, decoded), hyper * 8 / area
        rising += bool((np.diff(picture[:, :2], axis=0) > 0).all())
    return [(quality, bpp, db, hyper / bpp) for quality, (bpp, db, hyper) in zip(qualities, points.mean(0))], rising


def anchor_curve(pictures, settings):
    """settings: dictionaries for Image.save -> (mean bpp, mean PSNR) for each."""
    points = []
    for setting in settings:
        bpp = db = 0.0
        for pixels in pictures:
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, **setting)
            decoded = np.asarray(Image.open(io.BytesIO(stream.getvalue())).convert("RGB"))
            bpp += stream.tell() * 8 / (pixels.shape[0] * pixels.shape[1]) / len(pictures)
            db += psnr(pixels, decoded) / len(pictures)
        points.append((bpp, db))
    return points


def anchors(pictures):
    """-> name: curve."""
    jpeg = [{"format": "JPEG", "quality": q, "progressive": True, "optimize": True} for q in JPEG_QUALITIES]
    j2k = [
        {
            "format": "JPEG2000",
            "quality_mode": "rates",
            "quality_layers": [r],
            "irreversible": True,
            "mct": 1,
            "no_jp2": True,
        }
        for r in JPEG2000_RATIOS
    ]
    return {
        f"libjpeg-turbo {features.version_feature('libjpeg_turbo')}": anchor_curve(pictures, jpeg),
        f"OpenJPEG {features.version_codec('jpg_2000')}": anchor_curve(pictures, j2k),
    }


def load_pictures(args):
    if args.pictures:
        paths = sorted(glob.glob(os.path.join(args.pictures, "*.png")))[:: args.every]
        return [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    return load_split(data_dir(args.data), "val")[:: args.every]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", help="path without .dec.licm")
    what.add_argument("--checkpoint", help="of cae-2017, which has no model files")
    parser.add_argument("--pictures", default="", help="folder of PNG files instead of the val crops")
    parser.add_argument("--data", default="")
    parser.add_argument("--qualities", type=float, nargs="+", default=QUALITIES)
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    parser.add_argument("--anchors", action="store_true")
    parser.add_argument("--csv", default="")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    name, coder = load_coder(args.checkpoint) if args.checkpoint else load_files(args.model)
    pictures = load_pictures(args)
    curve, rising = codec_curve(coder, pictures, args.qualities)
    rows = [("quality", "bpp", "psnr", "hyper_share")] + [
        (q, f"{b:.4f}", f"{p:.3f}", f"{h:.3f}") for q, b, p, h in curve
    ]
    print(f"{name}, {len(pictures)} pictures")
    for row in rows:
        print("  ".join(str(cell) for cell in row))
    print(f"bytes and PSNR rise with quality on {rising} of {len(pictures)} pictures")
    if args.csv:
        with open(args.csv, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    if args.anchors:
        for name, anchor in anchors(pictures).items():
            rate = bd_rate(anchor, [(b, p) for _, b, p, _ in curve], LOW_BPP, HIGH_BPP)
            print(
                f"BD-rate {LOW_BPP}..{HIGH_BPP} bpp against {name}: "
                + ("no common PSNR" if rate is None else f"{100 * rate:+.1f} %")
            )


if __name__ == "__main__":
    main()

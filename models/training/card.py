"""Model cards: what a pair of model files is, made from what, and how well it does.

    python3 -m models.training.card --model models/lic-photo      # the table of facts
"""
import argparse
import hashlib
import os
import subprocess

from models.training.files import licm


def layer_cost(layer, scale):
    """MACs of a layer for each pixel of the picture; `scale` is the side of its output positions in pixels."""
    weight = getattr(layer, "weight", None)
    return 0.0 if weight is None else weight.size / scale**2


def cost_of(layers, side):
    """kMAC per pixel of a chain whose input positions are `side` pixels wide."""
    total = 0.0
    for layer in layers:
        if isinstance(layer, licm.Shuffle):
            side /= layer.r
        elif isinstance(layer, licm.Unshuffle):
            side *= layer.r
        else:
            side *= getattr(layer, "stride", 1)
            total += layer_cost(layer, side)
    return total / 1000


def costs(decoder, encoder):
    """-> part: kMAC per pixel. A pass of the context evaluates its last layer for a quarter of the channels only."""
    entropy, passes = decoder.entropy, len(decoder.entropy.group_table)
    context = entropy.context[:-1]
    return {
        "analysis": sum(cost_of(branch, 1) for branch in encoder.analysis),
        "hyper-analysis": sum(cost_of(branch, 16) for branch in encoder.hyper_analysis),
        "hyper-synthesis": cost_of(entropy.hyper_synthesis, 64),
        "context": passes * cost_of(context, 16) + cost_of(entropy.context[-1:], 16),
        "synthesis": sum(cost_of(branch, 16) for branch in decoder.synthesis),
    }


def facts(prefix):
    """-> rows (what, value) of the card's table."""
    data = {}
    for half in ("dec", "enc"):
        with open(f"{prefix}.{half}.licm", "rb") as file:
            data[half] = file.read()
    decoder, encoder = licm.read_decoder(data["dec"]), licm.read_encoder(data["enc"])
    rows = [
        ("name", decoder.name),
        ("version", f"{decoder.version}" + ("" if decoder.version else ", a draft")),
        ("model id", f"`{decoder.model_id().hex()}`"),
        ("head hash", f"`{decoder.head_hash().hex()}`"),
    ]
    rows += [
        (f"{decoder.name}.{half}.licm", f"{len(data[half])} bytes, SHA-256 `{hashlib.sha256(data[half]).hexdigest()}`")
        for half in data
    ]
    rows += [(part, f"{cost:.2f} kMAC per pixel") for part, cost in costs(decoder, encoder).items()]
    rows += [("residuals skipped", f"below scale index {decoder.entropy.skip_below}")]
    return rows


def commit():
    """Of this code, or "" outside a repository."""
    here = os.path.dirname(os.path.abspath(__file__))
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip()


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def card(title, intro, prefix, sections):
    """Markdown; sections: (title, text)."""
    parts = [f"# {title}", intro, table(("", ""), facts(prefix))]
    for name, text in sections:
        parts += [f"## {name}", text]
    return "\n\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="path without .dec.licm")
    args = parser.parse_args()
    print(table(("", ""), facts(args.model)))


if __name__ == "__main__":
    main()

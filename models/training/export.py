"""Turns a checkpoint into model files: NAME.enc.licm and NAME.dec.licm.

    python3 -m models.training.export --checkpoint checkpoints/lic-photo.pt --data DIR --out models [--crops 160]

Integer networks become int8 weights with per-channel multipliers; float networks int8 weights with per-channel scales.
The tables, the hyper-latents' offsets and tables, and the threshold below which residuals are skipped are fitted to
training crops coded with the exact integers.
"""
import argparse
import os

import numpy as np
import torch

from models.training.data.crops import data_dir, load_split
from models.training.files import checkpoint, integer, licm, residual_tables
from models.training.files.coder import Coder
from models.training.learning import losses
from models.training.networks.config import ANCHOR_COUNT, HYPER_MAX, SCALE_COUNT
from models.training.networks.dct import PATCH
from models.training.networks.layers import Block, Gate
from models.training.networks.quality import LAMBDA_50, LAMBDA_SLOPE

from .release import DRAFT, keep_released

MULTIPLIER_BITS = 14  # the largest multiplier of a layer lies in 2^14 .. 2^15
BIAS_LIMIT = 1 << 29
QUALITIES_PER_CROP = 3


def quantise(weight):
    """weight (out, ...) float -> int8 weights, scale (out), rounded as layers.fake_int8 does."""
    scale = np.maximum(np.abs(weight).reshape(len(weight), -1).max(1), 1e-12) / 127.0
    return np.rint(weight / scale.reshape(-1, *([1] * (weight.ndim - 1)))).astype(np.int8), scale


def integer_layer(layer):
    """IntegerConv -> IntegerConvolution."""
    weight = layer.weight.detach().double().numpy()
    bias, out_step = layer.bias.detach().double().numpy(), layer.out_step.double().numpy().reshape(-1)
    _, scale = quantise(weight)
    scale = np.maximum(scale, np.abs(bias).max(0) / (layer.in_step * BIAS_LIMIT))
    rounded = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
    ratio = scale * layer.in_step / out_step
    shift = int(np.clip(MULTIPLIER_BITS - np.floor(np.log2(ratio.max())), 1, 46))
    multiplier = np.maximum(1, np.rint(ratio * 2.0**shift)).astype(np.int32)
    rounded = rounded[:, 0] if layer.groups > 1 else rounded
    return licm.IntegerConvolution(
        rounded, multiplier, np.rint(bias / (scale * layer.in_step)).astype(np.int32), shift, layer.lo, layer.hi
    )


def float_layer(layer, relu=False):
    """Conv -> FloatConvolution, with the activation after it as its clamp."""
    rounded, scale = quantise(layer.weight.detach().double().numpy())
    rounded = rounded[:, 0] if layer.groups > 1 else rounded
    return licm.FloatConvolution(
        rounded,
        scale.astype(np.float32),
        layer.bias.detach().numpy().astype(np.float32),
        0.0 if relu else -np.inf,
        np.inf,
        layer.stride[0],
    )


def block_layers(block):
    gate = [licm.Gate()] if isinstance(block.act, Gate) else []
    return [
        licm.Save(1),
        float_layer(block.depthwise),
        float_layer(block.widen, relu=not gate),
        *gate,
        float_layer(block.narrow),
        licm.Add(1),
    ]


def chain(*parts):
    """Modules, sequences of them, ready layers and None -> one list of layers."""
    out = []
    for part in parts:
        if part is None:
            continue
        if isinstance(part, torch.nn.Sequential):
            out += chain(*part)
        elif isinstance(part, Block):
            out += block_layers(part)
        else:
            out.append(float_layer(part) if isinstance(part, torch.nn.Module) else part)
    return out


def analysis_branches(net):
    return [
        *([] if net.linear is None else [chain(licm.Unshuffle(PATCH), net.linear, net.lap)]),
        chain(
            licm.Unshuffle(4),
            net.enter,
            net.blocks4,
            licm.Unshuffle(2),
            net.down8,
            net.blocks8,
            licm.Unshuffle(2),
            net.down16,
            net.blocks16,
            net.leave,
        ),
    ]


def synthesis_branches(net):
    return [
        *([] if net.linear is None or net.drops_linear else [chain(net.lap, net.linear, licm.Shuffle(PATCH))]),
        chain(
            net.enter,
            net.blocks16,
            net.up8,
            licm.Shuffle(2),
            net.blocks8,
            net.up4,
            licm.Shuffle(2),
            net.blocks4,
            net.smooth,
            net.leave,
            licm.Shuffle(4),
        ),
    ]


def hyper_analysis_branches(net):
    return [
        [
            float_layer(net.enter, relu=True),
            float_layer(net.down2),
            float_layer(net.middle, relu=True),
            float_layer(net.down4),
            float_layer(net.leave),
        ]
    ]


def entropy_of(model):
    """Entropy with Gaussian tables and the training's hyper prior; nothing fitted yet."""
    config, hyper, context = model.config, model.hyper_synthesis, model.context
    first, hyper_spread, hyper_mix, last = (
        integer_layer(layer) for layer in (hyper.enter, hyper.spread, hyper.mix, hyper.leave)
    )
    enter, spread, join, reach, mix, leave = (
        integer_layer(layer)
        for layer in (context.enter, context.spread, context.join, context.reach, context.mix, context.leave)
    )
    entropy = licm.Entropy(
        config.latent_channels,
        config.hyper_channels,
        config.feature_channels,
        config.groups,
        np.array(config.group_table, np.uint8),
        0,
        np.clip(np.rint(model.gains.log2.detach().numpy() * 1024), -8192, 14336).astype(np.int16),
        np.clip(np.rint(model.prior.offset.detach().numpy()), -HYPER_MAX, HYPER_MAX).astype(np.int16),
        np.clip(np.rint(model.prior.index.detach().numpy()), 0, SCALE_COUNT - 1).astype(np.uint8),
        residual_tables.gaussian_tables(),
        [first, licm.Shuffle(2), hyper_spread, hyper_mix, last, licm.Shuffle(2)],
        [enter, spread, join, licm.Add(0), licm.Clamp(0, 32767), reach, mix, leave],
    )
    integer.check_entropy(entropy)
    return entropy


def make_files(name, version, entropy, model):
    decoder = licm.Decoder(name, version, entropy, synthesis_branches(model.synthesis))
    encoder = licm.Encoder(
        name,
        version,
        decoder.model_id(),
        decoder.head_hash(),
        analysis_branches(model.analysis),
        hyper_analysis_branches(model.hyper_analysis),
        losses.WEIGHTS[model.config.loss],
    )
    return decoder, encoder


def lambda_of(quality256):
    return LAMBDA_50 * np.exp(LAMBDA_SLOPE * (quality256 / 256.0 - 50.0))


class Statistics:
    """What training crops say about residuals (by table index) and hyper-latents (by anchor and channel)."""

    def __init__(self, entropy):
        self.entropy = entropy
        self.histograms = np.zeros((SCALE_COUNT, residual_tables.MAX_SUPPORT + 2))
        self.skip_cost = np.zeros(SCALE_COUNT)  # distortion that skipping adds, in bits
        self.hyper = [[] for _ in range(ANCHOR_COUNT)]

    def add(self, coder, latents, quality256):
        y, gain, z, features = coder.derive(latents, quality256)
        value16, residuals, indices, _ = integer.code_latents(self.entropy, y, features)
        size = np.minimum(np.abs(residuals), residual_tables.MAX_SUPPORT + 1)
        np.add.at(self.histograms, (indices.reshape(-1), size.reshape(-1)), 1)
        mean = value16 / 16.0 - residuals
        added = np.square(y - mean) - np.square(y - value16 / 16.0)
        # J = bits + lambda 255^2 / 3 * (sum of squared errors of the pixels); the synthesis is close to orthonormal.
        self.skip_cost += np.bincount(
            indices.reshape(-1), (added / gain**2).reshape(-1) * lambda_of(quality256) * 255.0**2 / 3, SCALE_COUNT
        )
        self.hyper[integer.anchor_of(quality256)].append(z.reshape(len(z), -1))

    def fit_skip(self, fitted):
        """The largest threshold below which not coding costs less than coding, index by index from 0."""
        bits = [float((h * residual_tables.costs(t)[: len(h)]).sum()) for h, t in zip(self.histograms, fitted)]
        threshold = 0
        while threshold < SCALE_COUNT - 1 and self.skip_cost[threshold] <= bits[threshold]:
            threshold += 1
        return threshold

    def fit_hyper(self, fitted):
        """-> offset (8, Z), index (8, Z): the table and the centre with the fewest bits.

        Anchors without data stay as they were.
        """
        cost = np.stack([residual_tables.costs(table)[: 2 * HYPER_MAX + 1] for table in fitted])  # (64, sizes)
        offset, index = self.entropy.hyper_offset.copy(), self.entropy.hyper_index.copy()
        for a, parts in enumerate(self.hyper):
            if not parts:
                continue
            for c, values in enumerate(np.concatenate(parts, 1)):
                best = np.inf
                for centre in range(int(np.median(values)) - 1, int(np.median(values)) + 2):
                    bits = cost[:, np.abs(values - centre)].sum(1)
                    if bits.min() < best:
                        best, offset[a, c], index[a, c] = bits.min(), centre, int(bits.argmin())
        return offset, index


def fit(entropy, decoder, encoder, pictures, fixed_quality=0.0, seed=0):
    """Fits tables, hyper prior and threshold in place, on pictures coded with the draft files.

    Qualities are drawn at random, unless one is fixed.
    """
    coder, random, statistics = Coder(decoder, encoder), np.random.default_rng(seed), Statistics(entropy)
    for picture in pictures:
        latents = coder.analyse(picture)
        drawn = random.integers(5 * 256, 100 * 256 + 1, QUALITIES_PER_CROP)
        for quality256 in [round(256 * fixed_quality)] if fixed_quality else drawn:
            statistics.add(coder, latents, int(quality256))
    entropy.tables = residual_tables.fitted_tables(statistics.histograms)
    entropy.skip_below = statistics.fit_skip(entropy.tables)
    entropy.hyper_offset, entropy.hyper_index = statistics.fit_hyper(entropy.tables)


def export(model, name, version, pictures):
    """-> licm.Decoder and licm.Encoder of a trained model, fitted to the pictures."""
    entropy = entropy_of(model)
    fit(entropy, *make_files(name, version, entropy, model), pictures, model.config.fixed_quality)
    return make_files(name, version, entropy, model)


def save_files(decoder, encoder, prefix):
    """Writes PREFIX.dec.licm and PREFIX.enc.licm."""
    for suffix, data in (("dec", licm.write_decoder(decoder)), ("enc", licm.write_encoder(encoder))):
        path = f"{prefix}.{suffix}.licm"
        with open(path, "wb") as file:
            file.write(data)
        print(f"{path}: {len(data)} bytes")


def run(args):
    model, content = checkpoint.load(args.checkpoint)
    pictures = load_split(data_dir(args.data), "train", limit=args.crops * 8)[::8]
    decoder, encoder = export(model, args.name or model.config.name, DRAFT, pictures)
    prefix = os.path.join(args.out, decoder.name)
    kept = keep_released(prefix, decoder.model_id())
    if kept:
        print(f"{kept}: the released model that had the name")
    save_files(decoder, encoder, prefix)
    print(
        f"id {decoder.model_id().hex()}, head {decoder.head_hash().hex()}, step {content['step']}, "
        f"residuals skipped below scale index {decoder.entropy.skip_below}"
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--data", default="")
    parser.add_argument("--out", default=".")
    parser.add_argument("--name", default="", help="default: the configuration's")
    parser.add_argument("--crops", type=int, default=160)
    return parser.parse_args()


if __name__ == "__main__":
    run(arguments())

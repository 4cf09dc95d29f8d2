"""Writes the test model tests/models/tiny.{dec,enc}.licm: a 16-channel DCT with small random networks around it.

It needs no training and no torch, is a few kilobytes small, and passes through every layer kind of docs/format.md, several
groups and passes with idle classes, skipped residuals and escapes. The seed is fixed, so the files never change by chance.

    python3 models/training/make_tiny.py [--out tests/models]
"""
import argparse
import os

import numpy as np

import integer
import licm
import tables
from dct import PATCH, dct_basis

M, Z, FEATURES, WIDTH = 16, 8, 8, 8
GROUP_TABLE = np.array([[0, 255, 1, 0], [1, 0, 255, 1], [255, 1, 0, 255]], np.uint8)
SKIP_BELOW = 8
RANDOM = np.random.default_rng(20261)


def integer_conv(inputs, outputs, kernel=1, sets=1, shift=12, lo=-32768, hi=32767, bias=400, depthwise=False):
    shape = (inputs, kernel, kernel) if depthwise else (outputs, inputs, kernel, kernel)
    return licm.IntegerConvolution(RANDOM.integers(-127, 128, shape).astype(np.int8),
                                   RANDOM.integers(60, 200, outputs).astype(np.int32),
                                   RANDOM.integers(-bias, bias + 1, (sets, outputs)).astype(np.int32), shift, lo, hi)


def float_conv(weight, bias=None, bits=8, lo=-np.inf, hi=np.inf, stride=1):
    """weight float (out, in, k, k) or (c, k, k), stored with one scale for each output channel."""
    top = 2 ** (bits - 1) - 1
    scale = np.maximum(np.abs(weight).reshape(len(weight), -1).max(1), 1e-6) / top
    stored = np.rint(weight / scale.reshape(-1, *([1] * (weight.ndim - 1)))).astype(f"i{bits // 8}")
    bias = np.zeros(len(weight)) if bias is None else bias
    return licm.FloatConvolution(stored, scale.astype(np.float32), bias.astype(np.float32), lo, hi, stride)


def noise(*shape):
    return RANDOM.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)


def hyper_synthesis():
    return [integer_conv(Z, 4 * WIDTH, lo=0, hi=4095, shift=6), licm.Shuffle(2), licm.Save(1),
            integer_conv(WIDTH, WIDTH, 3, hi=8191, shift=14), licm.Add(1), licm.Clamp(-2000, 2000),
            integer_conv(WIDTH, 8 * FEATURES, shift=16), licm.Gate(8), licm.Shuffle(2)]


def context():
    """Means near the context's own values, scale indices spread over 0..63 by their biases."""
    sets = len(GROUP_TABLE)
    last = integer_conv(FEATURES, 2 * M, sets=sets, shift=22)
    last.multiplier[:] = RANDOM.integers(30, 100, 2 * M)
    index = RANDOM.integers(4, 40, (sets, M)) << 22
    last.bias[:, M:] = np.minimum(index // last.multiplier[M:], (1 << 30) - 1)
    return [integer_conv(M, WIDTH, sets=sets, lo=0, shift=13),
            integer_conv(WIDTH, WIDTH, 3, sets=sets, shift=13, depthwise=True), licm.Save(2),
            integer_conv(WIDTH, FEATURES, 3, sets=sets, shift=14), licm.Add(0), licm.Add(2), licm.Clamp(0, 8191), last]


def entropy():
    """Gains 2^0 .. 2^5; the hyper prior is wide, since nothing was trained."""
    log2 = np.linspace(0, 5, 8)[:, None] * 1024 + RANDOM.integers(-200, 200, M)
    return licm.Entropy(M, Z, FEATURES, 2, GROUP_TABLE, SKIP_BELOW, log2.astype(np.int16),
                        RANDOM.integers(-3, 4, (8, Z)).astype(np.int16), RANDOM.integers(20, 40, (8, Z)).astype(np.uint8),
                        tables.gaussian_tables(), hyper_synthesis(), context())


def analysis():
    """The DCT, and a branch of small corrections that ends in a gate."""
    basis = dct_basis(M)
    return [[licm.Unshuffle(PATCH), float_conv(basis[:, :, None, None], bits=16)],
            [licm.Unshuffle(8), float_conv(noise(8, 192, 1, 1)), licm.Save(1), float_conv(noise(8, 5, 5), bits=16), licm.Add(1),
             licm.Unshuffle(2), float_conv(0.1 * noise(2 * M, 32, 3, 3), lo=-1.0, hi=1.0), licm.Gate()]]


def synthesis():
    basis = dct_basis(M).T
    return [[float_conv(basis[:, :, None, None]), licm.Shuffle(PATCH)],
            [float_conv(noise(32, M, 1, 1), lo=0.0), licm.Save(1), float_conv(noise(32, 3, 3), RANDOM.normal(0, 0.1, 32)),
             licm.Add(1), licm.Clamp(-4.0, 4.0), licm.Shuffle(2), float_conv(noise(16, 8, 1, 1), bits=16), licm.Gate(),
             licm.Shuffle(2), float_conv(0.003 * noise(48, 2, 3, 3)), licm.Shuffle(4)]]


def hyper_analysis():
    return [[float_conv(noise(WIDTH, M, 1, 1), lo=0.0), float_conv(noise(WIDTH, 5, 5), stride=2), licm.Save(3),
             float_conv(noise(WIDTH, 3, 3)), licm.Add(3), float_conv(noise(WIDTH, 3, 3), stride=2),
             float_conv(noise(Z, WIDTH, 1, 1))]]


def make():
    """-> (Decoder, Encoder)."""
    parts = entropy()
    integer.check_entropy(parts)
    decoder = licm.Decoder("tiny", 0, parts, synthesis())
    return decoder, licm.Encoder("tiny", 0, decoder.model_id(), decoder.head_hash(), analysis(), hyper_analysis())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    parser.add_argument("--out", default=os.path.join(root, "tests", "models"))
    args = parser.parse_args()
    decoder, encoder = make()
    os.makedirs(args.out, exist_ok=True)
    for suffix, data in (("dec", licm.write_decoder(decoder)), ("enc", licm.write_encoder(encoder))):
        with open(os.path.join(args.out, f"tiny.{suffix}.licm"), "wb") as file:
            file.write(data)
        print(f"tiny.{suffix}.licm: {len(data)} bytes")


if __name__ == "__main__":
    main()

"""Makes tiny_gradient.f32: the gradient that PyTorch finds for the latents of the tiny model's synthesis.

    python3 make_gradient.py

Latents are sin(0.37 i), the picture's errors sin(0.73 i), i counting in (channels, height, width) order over 5 x 3 latents; the file holds
the latents' gradient in that order, f32. It needs PyTorch, which tests do not: run it again only after a change of the tiny model.
"""

import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "models", "training"))
import licm  # noqa: E402
from runner import Network  # noqa: E402

HEIGHT, WIDTH = 5, 3


def wave(pace, *shape):
    return torch.from_numpy(np.sin(pace * np.arange(np.prod(shape))).astype(np.float32).reshape(1, *shape))


def main():
    with open(os.path.join(HERE, "tiny.dec.licm"), "rb") as file:
        decoder = licm.read_decoder(file.read())
    network = Network(decoder.synthesis)
    latents = wave(0.37, decoder.entropy.latent_channels, HEIGHT, WIDTH).requires_grad_(True)
    picture = sum(network.run_branch(layers, latents) for layers in network.branches)
    picture.backward(wave(0.73, 3, 16 * HEIGHT, 16 * WIDTH))
    latents.grad.numpy().astype("<f4").tofile(os.path.join(HERE, "tiny_gradient.f32"))


if __name__ == "__main__":
    main()

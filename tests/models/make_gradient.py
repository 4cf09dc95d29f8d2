"""Makes the gradients that PyTorch finds: tiny_gradient.f32 for latents, and visual_gradient.f32 for samples.

tiny_gradient.f32 is that of the latents of the tiny model's synthesis.

    python3 -m tests.models.make_gradient

Latents are sin(0.37 i), the picture's errors sin(0.73 i), i counting in (channels, height, width) order over 5 x 3
latents; the file holds the latents' gradient in that order, f32.

visual_gradient.f32: half the gradient of an encoder's visual loss (shared/measure/distortion.h) for the samples 0..1 of
a picture of bytes 128 + 90 sin(0.37 i + 0.2) whose original is 128 + 100 sin(0.37 i), i counting in (height, width,
channels) order over 33 x 44 pixels, f32 in that order.

It needs PyTorch, which tests do not: run it again only after a change of the tiny model.
"""

import os

import numpy as np
import torch
import torch.nn.functional as F

from models.training.files import licm
from models.training.files.coder import Network
from models.training.learning import losses

HERE = os.path.dirname(os.path.abspath(__file__))

HEIGHT, WIDTH = 5, 3


def wave(pace, *shape):
    return torch.from_numpy(np.sin(pace * np.arange(np.prod(shape))).astype(np.float32).reshape(1, *shape))


def summed_visual(picture, x):
    """losses.visual with MS-SSIM's product of scales replaced by the sum of their losses, as a sum over all samples."""
    (luma, chroma), (luma_x, chroma_x) = losses.to_ycbcr(picture), losses.to_ycbcr(x)
    loss = losses.COLOUR * (chroma - chroma_x).square().mean() + losses.FIDELITY * (picture - x).square().mean()
    count = losses.scales_of(min(luma.shape[2:]))
    weights = np.array(losses.MS_SSIM_WEIGHTS[:count]) / sum(losses.MS_SSIM_WEIGHTS[:count])
    for scale, weight in enumerate(weights):
        if scale:
            luma, luma_x = F.avg_pool2d(luma, 2), F.avg_pool2d(luma_x, 2)
        whole, part, texture = losses.similarity(luma_x, luma)
        loss = (
            loss
            + losses.STRUCTURE * weight * (1 - (whole if scale == count - 1 else part))
            + (losses.DETAIL / 2 * texture if scale < 2 else 0)
        )
    return loss.sum() * x.numel()


def visual_gradient():
    def picture(size, shift):
        bytes_of = np.trunc(128 + size * np.sin(0.37 * np.arange(33 * 44 * 3) + shift))
        return torch.from_numpy((bytes_of / 255).reshape(1, 33, 44, 3)).permute(0, 3, 1, 2)

    decoded = picture(90, 0.2).requires_grad_(True)
    (summed_visual(decoded, picture(100, 0)) / 2).backward()
    return decoded.grad[0].permute(1, 2, 0).numpy()


def main():
    visual_gradient().astype("<f4").tofile(os.path.join(HERE, "visual_gradient.f32"))
    with open(os.path.join(HERE, "tiny.dec.licm"), "rb") as file:
        decoder = licm.read_decoder(file.read())
    network = Network(decoder.synthesis)
    latents = wave(0.37, decoder.entropy.latent_channels, HEIGHT, WIDTH).requires_grad_(True)
    picture = sum(network.run_branch(layers, latents) for layers in network.branches)
    picture.backward(wave(0.73, 3, 16 * HEIGHT, 16 * WIDTH))
    latents.grad.numpy().astype("<f4").tofile(os.path.join(HERE, "tiny_gradient.f32"))


if __name__ == "__main__":
    main()

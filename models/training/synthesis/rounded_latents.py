"""Latents as a decoder gets them, computed once.

What trains or measures a synthesis alone then needs neither analysis nor entropy networks.

They come from a pair of model files by the exact integer path, so they are those of the files that exist.
"""
import numpy as np
import torch

from models.training.data.crops import load_split
from models.training.data.photos import windows
from models.training.files import integer
from models.training.networks.quality import sample_quality

PIXELS = 16  # per latent and side
FIELDS = ("value16", "gain", "pixels", "quality", "bpp")


class RoundedLatents:
    """Pictures of one size at a quality each: tensors on a device, value16 int16 (N, M, h, w), gain float32 (N, M),
    pixels uint8 (N, 16 h, 16 w, 3), quality and bpp float32 (N)."""

    def __init__(self, value16, gain, pixels, quality, bpp):
        self.value16, self.gain, self.pixels, self.quality, self.bpp = map(
            torch.as_tensor, (value16, gain, pixels, quality, bpp)
        )

    def __len__(self):
        return len(self.quality)

    def to(self, device):
        return RoundedLatents(*(getattr(self, field).to(device) for field in FIELDS))

    def part(self, rows):
        """-> latents without gain float (rows, M, h, w), pixels of 0..1 (rows, 3, 16 h, 16 w), quality (rows).
        Always whole crops: a synthesis sees zeros beyond an edge, which it may learn for edges that the analysis had
        too, and for no others."""
        y = self.value16[rows].float() / (16 * self.gain[rows][:, :, None, None])
        return y, self.pixels[rows].permute(0, 3, 1, 2).float().div(255).contiguous(), self.quality[rows]

    def draw(self, random, batch):
        """A random batch."""
        return self.part(torch.from_numpy(random.integers(len(self), size=batch)).to(self.value16.device))


def code(coder, pictures, qualities):
    """qualities (pictures, n) -> RoundedLatents, picture by picture."""
    rows = []
    for picture, own in zip(pictures, qualities):
        latents, area = coder.analyse(picture), picture.shape[0] * picture.shape[1]
        for quality in own:
            quality256 = int(round(float(quality) * 256))
            y, gain, z, features = coder.derive(latents, quality256)
            value16, residuals, indices, coded = integer.code_latents(coder.entropy, y, features)
            bits = coder.costs[indices[coded], np.abs(residuals[coded])].sum() + integer.code_hyper(
                coder.entropy, z, quality256, coder.costs
            )
            rows.append(
                (
                    np.clip(value16, integer.INT16_MIN, integer.INT16_MAX).astype(np.int16),
                    gain[:, 0, 0].astype(np.float32),
                    picture,
                    np.float32(quality256 / 256),
                    np.float32((bits + 8 * coder.OVERHEAD) / area),
                )
            )
    return RoundedLatents(*(np.stack(column) for column in zip(*rows)))


def for_training(coder, directory, count, side, per_picture, seed):
    """Windows of `count` train pictures, at `per_picture` random qualities each."""
    pictures = load_split(directory, "train")
    chosen = windows(pictures[:: max(1, len(pictures) // count)], side, count, seed)
    generator = torch.Generator().manual_seed(seed)
    return code(coder, chosen, sample_quality(count * per_picture, generator).reshape(count, per_picture))


def for_measuring(coder, directory, every, qualities):
    """Every n-th val picture at each of the qualities."""
    pictures = load_split(directory, "val")[::every]
    side = min(min(picture.shape[:2]) for picture in pictures) // PIXELS * PIXELS
    chosen = [np.ascontiguousarray(picture[:side, :side]) for picture in pictures]
    return code(coder, chosen, [qualities] * len(chosen))


def save(path, parts):
    """parts: name -> RoundedLatents; one file, so that several heads are trained on the same ones."""
    np.savez(
        path, **{f"{name}_{field}": getattr(part, field).numpy() for name, part in parts.items() for field in FIELDS}
    )


def load(path, names):
    with np.load(path) as content:
        return {name: RoundedLatents(*(content[f"{name}_{field}"] for field in FIELDS)) for name in names}

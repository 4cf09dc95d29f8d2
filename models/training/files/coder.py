"""Runs the float networks of model files with torch, as the released encoder and decoder do, to within rounding."""
import numpy as np
import torch
import torch.nn.functional as F

from . import integer, licm


class Network:
    """Branches of float layers, with their weights expanded once."""

    def __init__(self, branches):
        self.branches = [[(layer, self.expand(layer)) for layer in layers] for layers in branches]

    @staticmethod
    def expand(layer):
        """FloatConvolution -> (weight, bias) tensors, others -> None."""
        if not isinstance(layer, licm.FloatConvolution):
            return None
        scale = layer.scale.reshape(-1, *([1] * (layer.weight.ndim - 1)))
        weight = torch.from_numpy(layer.weight.astype(np.float32) * scale)
        weight = weight[:, None] if layer.weight.ndim == 3 else weight
        return weight.contiguous(memory_format=torch.channels_last), torch.from_numpy(layer.bias)

    @torch.no_grad()
    def __call__(self, x):
        """x float (1, channels, h, w) -> sum of the branches."""
        return sum(self.run_branch(layers, x) for layers in self.branches)

    def run_branch(self, layers, x):
        kept = {}
        for layer, tensors in layers:
            if isinstance(layer, licm.FloatConvolution):
                groups = x.shape[1] if layer.weight.ndim == 3 else 1
                x = F.conv2d(x, *tensors, layer.stride, layer.weight.shape[-1] // 2, 1, groups)
                x = x.clamp(layer.lo, layer.hi) if np.isfinite([layer.lo, layer.hi]).any() else x
            elif isinstance(layer, licm.Shuffle):
                x = F.pixel_shuffle(x, layer.r)
            elif isinstance(layer, licm.Unshuffle):
                x = F.pixel_unshuffle(x, layer.r)
            elif isinstance(layer, licm.Save):
                kept[layer.slot] = x
            elif isinstance(layer, licm.Add):
                x = x + kept[layer.slot]
            elif isinstance(layer, licm.Clamp):
                x = x.clamp(layer.lo, layer.hi)
            elif isinstance(layer, licm.Gate):
                first, second = x.chunk(2, 1)
                x = first * second
        return x


class Coder:
    """A pair of model files, ready to code pictures. Rates are those of the stored tables."""

    # Bytes of a one-tile file outside its symbols: header, heads of HYPER, INDEX and TILES, one index entry; the final
    # states of the two streams.
    OVERHEAD = 40 + 3 * 9 + 8 + 2 * 4

    def __init__(self, decoder, encoder):
        self.entropy, self.costs = decoder.entropy, integer.cost_table(decoder.entropy)
        self.analysis, self.hyper = Network(encoder.analysis), Network(encoder.hyper_analysis)
        self.synthesis = Network(decoder.synthesis)

    def analyse(self, pixels):
        """uint8 (height, width, 3) -> latents without gain, float64 (M, ceil(height/16), ceil(width/16))."""
        height, width = pixels.shape[:2]
        padded = np.pad(pixels, ((0, -height % 16), (0, -width % 16), (0, 0)), mode="edge")
        x = torch.from_numpy(padded.astype(np.float32) / 255.0 - 0.5).permute(2, 0, 1)[None]
        return self.analysis(x.contiguous(memory_format=torch.channels_last))[0].double().numpy()

    def derive(self, latents, quality256):
        """-> latents with gain, gain (M, 1, 1), hyper-latents int64, features."""
        gain = integer.gains(self.entropy, quality256)[:, None, None] / 65536.0
        y = latents * gain
        z = integer.round_half_up(self.hyper(torch.from_numpy(y)[None].float())[0].double().numpy())
        z = np.clip(z, -integer.HYPER_MAX, integer.HYPER_MAX)
        return y, gain, z, integer.features_of(self.entropy, z, *y.shape[1:])

    def reconstruct(self, value16, gain, height, width):
        """-> uint8 (height, width, 3)."""
        picture = self.synthesis(torch.from_numpy(value16 / 16.0 / gain)[None].float())[0].permute(1, 2, 0).numpy()
        return np.floor(np.clip(picture + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)[:height, :width]

    def code(self, pixels, quality256, latents=None):
        """-> bytes (float), of which hyper-latents, decoded pixels."""
        height, width = pixels.shape[:2]
        latents = self.analyse(pixels) if latents is None else latents
        y, gain, z, features = self.derive(latents, quality256)
        hyper_bits = integer.code_hyper(self.entropy, z, quality256, self.costs)
        value16, residuals, indices, coded = integer.code_latents(self.entropy, y, features)
        bits = self.costs[indices[coded], np.abs(residuals[coded])].sum()
        return (bits + hyper_bits) / 8 + self.OVERHEAD, hyper_bits / 8, self.reconstruct(value16, gain, height, width)


def load_model(prefix):
    """-> licm.Decoder and licm.Encoder of PREFIX.dec.licm and PREFIX.enc.licm, which must belong together."""
    with open(prefix + ".dec.licm", "rb") as file:
        decoder = licm.read_decoder(file.read())
    with open(prefix + ".enc.licm", "rb") as file:
        encoder = licm.read_encoder(file.read())
    if encoder.model_id != decoder.model_id():
        raise SystemExit(
            f"{prefix}.enc.licm is of the model {encoder.model_id.hex()}, "
            f"{prefix}.dec.licm of {decoder.model_id().hex()}"
        )
    return decoder, encoder

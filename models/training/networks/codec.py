"""The model: analysis and synthesis (float), hyper-synthesis and context (integers), as a picture passes them.

    picture -> Analysis -> latents * gain ----------------------------> residuals -> stream
                                |                                          ^
                                +-> HyperAnalysis -> hyper-latents -> HyperSynthesis -> features
                                                          |                                |
                                                        stream            Context(decoded so far, features)
                                                                                           |
    picture <- Synthesis <- latents / gain <------------------------- residual + mean, per pass

Sources: Balle et al. 2018 (hyperprior), Minnen et al. 2018 (means, context), Theis et al. 2017 (sub-pixel synthesis,
rounding with the identity as derivative), Li et al. 2023, "Neural Video Compression with Diverse Contexts" (quadtree
passes).
"""
import torch
import torch.nn.functional as F
from torch import nn

from .config import CLASS_COUNT, FULL, HYPER_MAX, NONE, NO_GROUP
from .dct import PATCH, dct_basis
from .entropy import HyperPrior, gaussian_bits, round_identity, sigma_of_index
from .layers import Block, Conv, INT16_MAX, IntegerConv
from .quality import Gains, nearest_anchor

MEAN_STEP = 1 / 16
INDEX_START = 20.0
LINEAR_FADE = (0.4, 0.7)  # of the schedule, over which the synthesis loses a linear branch that is dropped


def blocks(inner, width, kernel, config):
    """`inner`: of each block, its inner channels; 0 leaves them to the block."""
    return nn.Sequential(*[Block(width, kernel, config.activation, hidden) for hidden in inner])


def lap(channels):
    """Depthwise 3x3 on the latents, at first the identity: what overlaps the patches of a linear branch."""
    conv = Conv(channels, channels, 3, depthwise=True)
    nn.init.dirac_(conv.weight, groups=channels)
    nn.init.zeros_(conv.bias)
    return conv


class Analysis(nn.Module):
    """picture - 1/2 (B, 3, 16h, 16w) -> latents (B, M, h, w): a linear branch plus a convolutional one."""

    def __init__(self, config):
        super().__init__()
        w4, w8, w16 = config.analysis_width4, config.analysis_width8, config.analysis_width16
        n4, n8, n16 = config.analysis_blocks
        self.linear = None if config.linear == "absent" else linear_analysis(config.latent_channels)
        self.lap = lap(config.latent_channels) if config.linear == "lapped" else None
        self.enter = Conv(48, w4, 3)
        self.blocks4 = blocks([0] * n4, w4, 5, config)
        self.down8 = Conv(4 * w4, w8)
        self.blocks8 = blocks([0] * n8, w8, 5, config)
        self.down16 = Conv(4 * w8, w16)
        self.blocks16 = blocks([0] * n16, w16, 5, config)
        self.leave = Conv(w16, config.latent_channels)
        start_beside_linear(self, config)

    def forward(self, x, autocast):
        with autocast():
            h = self.blocks4(self.enter(F.pixel_unshuffle(x, 4)))
            h = self.blocks8(self.down8(F.pixel_unshuffle(h, 2)))
            h = self.leave(self.blocks16(self.down16(F.pixel_unshuffle(h, 2)))).float()
        if self.linear is None:
            return h
        straight = self.linear(F.pixel_unshuffle(x, PATCH))
        return (straight if self.lap is None else self.lap(straight)) + h


def start_beside_linear(net, config):
    """Lets the convolutional branch start at nothing beside a linear one, which starts as a DCT.

    Alone it starts as convolutions do.
    """
    if config.linear != "absent":
        nn.init.zeros_(net.leave.weight)
        nn.init.zeros_(net.leave.bias)


def linear_analysis(channels):
    """The linear branch: the DCT."""
    linear = Conv(3 * PATCH * PATCH, channels)
    linear.weight.data = torch.from_numpy(dct_basis(channels))[:, :, None, None].clone()
    nn.init.zeros_(linear.bias)
    return linear


def linear_synthesis(channels, hidden):
    """The linear branch: the inverse DCT, through `hidden` channels of the lowest frequencies.

    None without a branch.
    """
    if hidden == NONE:
        return None
    inner = torch.from_numpy(dct_basis(channels if hidden == FULL else hidden))  # (inner, 768)
    last = Conv(len(inner), 3 * PATCH * PATCH)
    last.weight.data = inner.T[:, :, None, None].clone()
    nn.init.zeros_(last.bias)
    if hidden == FULL:
        return last
    first = Conv(channels, hidden)
    first.weight.data = (inner @ torch.from_numpy(dct_basis(channels)).T)[:, :, None, None]
    nn.init.zeros_(first.bias)
    return nn.Sequential(first, last)


class Synthesis(nn.Module):
    """latents (B, M, h, w) -> picture - 1/2 (B, 3, 16h, 16w)."""

    def __init__(self, config):
        super().__init__()
        w16, w8, w4 = config.synthesis_width16, config.synthesis_width8, config.synthesis_width4
        hidden16, hidden8, hidden4 = config.block_hidden
        self.linear = (
            None if config.linear == "absent" else linear_synthesis(config.latent_channels, config.synthesis_linear)
        )
        self.lap = lap(config.latent_channels) if config.linear == "lapped" else None
        self.drops_linear = config.linear == "dropped"
        self.register_buffer("linear_share", torch.ones(()), persistent=False)
        self.enter = Conv(config.latent_channels, w16)
        self.blocks16 = blocks(hidden16, w16, 3, config)
        self.up8 = Conv(w16, 4 * w8)
        self.blocks8 = blocks(hidden8, w8, 3, config)
        self.up4 = Conv(w8, 4 * w4)
        self.blocks4 = blocks(hidden4, w4, 3, config)
        self.smooth = Conv(w4, w4, 3, depthwise=True) if config.last_layer == "depthwise" else None
        self.leave = Conv(w4, 48, 3 if config.last_layer == "full" else 1)
        start_beside_linear(self, config)

    def fade_linear(self, fraction):
        """The branch's share at a fraction of the schedule, where it is dropped."""
        if self.drops_linear:
            first, last = LINEAR_FADE
            self.linear_share.fill_(min(1.0, max(0.0, (last - fraction) / (last - first))))

    def forward(self, y, autocast):
        with autocast():
            h = self.blocks8(F.pixel_shuffle(self.up8(self.blocks16(self.enter(y))), 2))
            h = self.blocks4(F.pixel_shuffle(self.up4(h), 2))
            h = F.pixel_shuffle(self.leave(h if self.smooth is None else self.smooth(h)), 4).float()
        if self.linear is None:
            return h
        straight = F.pixel_shuffle(self.linear(y if self.lap is None else self.lap(y)), PATCH)
        return (self.linear_share * straight if self.drops_linear else straight) + h


class HyperAnalysis(nn.Module):
    """latents with gain (B, M, h, w) -> hyper-latents before rounding (B, Z, ceil(h/4), ceil(w/4)).

    The encoder alone runs this float network.
    """

    def __init__(self, config):
        super().__init__()
        width = config.hyper_width
        self.enter = Conv(config.latent_channels, width)
        self.down2 = Conv(width, width, 5, stride=2, depthwise=True)
        self.middle = Conv(width, width)
        self.down4 = Conv(width, width, 5, stride=2, depthwise=True)
        self.leave = Conv(width, config.hyper_channels)
        self.act = nn.ReLU()

    def forward(self, y):
        h = self.act(self.enter(y))
        h = self.act(self.middle(self.down2(h)))
        return self.leave(self.down4(h))


class HyperSynthesis(nn.Module):
    """integer hyper-latents (B, Z, h, w) -> features (B, C, 4h, 4w). Integer network."""

    def __init__(self, config):
        super().__init__()
        width = config.hyper_width
        self.enter = IntegerConv(config.hyper_channels, 4 * width, in_step=1.0, lo=0)
        self.spread = IntegerConv(width, width, 3, depthwise=True)
        self.mix = IntegerConv(width, config.hyper_hidden, lo=0)
        self.leave = IntegerConv(config.hyper_hidden, 4 * config.feature_channels)

    def forward(self, z):
        h = self.spread(F.pixel_shuffle(self.enter(z), 2))
        return F.pixel_shuffle(self.leave(self.mix(h)), 2)


def to_classes(x):
    """(B, C, h, w) -> (4, C, B h/2 w/2): positions by class."""
    b, c, h, w = x.shape
    return x.reshape(b, c, h // 2, 2, w // 2, 2).permute(3, 5, 1, 0, 2, 4).reshape(CLASS_COUNT, c, -1)


def from_classes(x, b, h, w):
    """The inverse of to_classes."""
    return x.reshape(2, 2, -1, b, h // 2, w // 2).permute(3, 2, 4, 0, 5, 1).reshape(b, -1, h, w)


class Context(nn.Module):
    """Latents decoded so far and features -> mean and scale index of the next ones.

    One integer network serves all passes.

    A pass evaluates the last layer only where it decodes: each class of positions has one active group of the channels,
    or none.
    """

    def __init__(self, config):
        super().__init__()
        # passes, each the pairs (class, group) that it decodes
        self.passes = [[(c, g) for c, g in enumerate(row) if g != NO_GROUP] for row in config.group_table]
        self.groups, self.group = config.groups, config.group_channels
        m, width, features = config.latent_channels, config.context_width, config.feature_channels
        sets = len(self.passes)
        out_step = torch.cat([torch.full((m, 1, 1), MEAN_STEP), torch.ones(m, 1, 1)])
        self.enter = IntegerConv(m, width, bias_sets=sets, in_step=MEAN_STEP, lo=0)
        self.spread = IntegerConv(width, width, 3, depthwise=True, bias_sets=sets)
        self.join = IntegerConv(width, features, bias_sets=sets)
        self.reach = IntegerConv(features, features, 3, depthwise=True, bias_sets=sets)
        self.mix = IntegerConv(features, config.context_hidden, bias_sets=sets, lo=0)
        self.leave = IntegerConv(config.context_hidden, 2 * m, bias_sets=sets, out_step=out_step)
        self.leave.bias.data[:, m:] = INDEX_START
        self.reach.weight.data.mul_(0.25)[:, :, 1, 1] += 1.0  # near the identity

    def active_rows(self, rows, p):
        """rows (2M, ...) -> those that pass p decodes: (pairs of pass p, 2 * group, ...).

        Rows of means come first, then those of scale indices.
        """
        halves = rows.reshape(2, self.groups, self.group, *rows.shape[1:])
        return torch.stack([halves[:, g].flatten(0, 1) for _, g in self.passes[p]])

    def predict(self, plane, features, weights, p):
        """plane (B, M, h, w) in steps of 1/16 -> mean, index, each (pairs, group, n) for what pass p decodes."""
        h = self.spread(self.enter(plane, weights[0], p), weights[1], p)
        h = self.join(h, weights[2], p) + features
        h = self.reach(h.clamp(0.0, INT16_MAX / 256), weights[3], p)
        h = self.mix(h, weights[4], p)
        bias, weight, step = (
            self.active_rows(rows, p)
            for rows in (self.leave.bias[p], weights[5][:, :, 0, 0], self.leave.out_step[:, :, 0])
        )
        active = to_classes(h)
        if len(self.passes[p]) < CLASS_COUNT:
            active = torch.stack([active[c] for c, _ in self.passes[p]])
        out = torch.baddbmm(bias[:, :, None], weight, active)
        return self.leave.requantise(out, step).chunk(2, 1)

    def forward(self, y, features):
        """y (B, M, h, w) with gain; h, w even -> target, mean, index (each (pairs of all passes, group, n)), decoded
        (B, M, h, w)."""
        b, m, height, width = y.shape
        layers = (self.enter, self.spread, self.join, self.reach, self.mix, self.leave)
        weights = [layer.rounded_weight() for layer in layers]
        by_class = to_classes(y)
        zeros = by_class.new_zeros(self.group, by_class.shape[2])
        pieces = [[zeros] * self.groups for _ in range(CLASS_COUNT)]
        plane, found = torch.zeros_like(y), []
        for p, active in enumerate(self.passes):
            mean, index = self.predict(plane, features, weights, p)
            target = torch.stack([by_class[c, g * self.group : (g + 1) * self.group] for c, g in active])
            decoded = target + (torch.round(target - mean) + mean - target).detach()
            for (c, g), piece in zip(active, decoded):
                pieces[c][g] = piece
            plane = from_classes(torch.cat([piece for row in pieces for piece in row]), b, height, width)
            found.append((target, mean, index))
        target, mean, index = (torch.cat(part) for part in zip(*found))
        return target, mean, index, plane


class Codec(nn.Module):
    """All networks and the training forward pass."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.analysis, self.synthesis = Analysis(config), Synthesis(config)
        self.hyper_analysis, self.hyper_synthesis = HyperAnalysis(config), HyperSynthesis(config)
        self.context, self.gains = Context(config), Gains(config.latent_channels)
        self.prior = HyperPrior(config.hyper_channels)

    def anneal(self, fraction):
        """What changes over the schedule besides the trainer's rates and rounding."""
        self.synthesis.fade_linear(fraction)

    def set_quantise(self, on):
        for module in self.modules():
            if isinstance(module, Conv):
                module.quantise = on

    def forward(self, x, quality, hard, autocast):
        """x (B, 3, H, W) in 0..1, quality (B) -> picture (B, 3, H, W), bits of latents (B), bits of hyper-latents (B).

        `hard` takes the rate at the rounded values; otherwise uniform noise stands for the rounding in the rate.
        """
        noise = (lambda t: t) if hard else (lambda t: t + torch.rand_like(t) - 0.5)
        gain = self.gains(quality)
        y = self.analysis(x - 0.5, autocast) * gain
        z = self.hyper_analysis(y)
        rounded = round_identity(z).clamp(-HYPER_MAX, HYPER_MAX)
        hyper_bits = self.prior(rounded if hard else noise(z), nearest_anchor(quality))
        features = self.hyper_synthesis(rounded)[:, :, : y.shape[2], : y.shape[3]]
        target, mean, index, decoded = self.context(y, features)
        residual = round_identity(target - mean) if hard else noise(target - mean)
        bits = gaussian_bits(residual, sigma_of_index(index))
        bits = bits.reshape(*bits.shape[:2], x.shape[0], -1).sum((0, 1, 3))
        picture = self.synthesis(decoded / gain, autocast) + 0.5
        return picture, bits, hyper_bits.sum((1, 2, 3))

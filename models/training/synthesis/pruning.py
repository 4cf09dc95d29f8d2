"""Removes from a synthesis what costs more than it brings: pruning by Fisher information.

Theis, Korshunova, Tejani, Huszar, "Faster gaze prediction with dense networks and Fisher pruning", 2018 (arXiv
1801.05787): without a channel the loss grows by about half the mean, over examples, of (sum over positions of
activation * gradient)^2. A channel's score is that for each multiplication it costs.

Prunable are the inner channels of the blocks and those of a linear branch in two layers; a branch of one layer is split
in two by `split_linear`.
"""
import dataclasses

import torch
from torch import nn

from models.training.networks.codec import Synthesis
from models.training.networks.config import FULL
from models.training.networks.dct import PATCH
from models.training.networks.layers import Conv

STEP = 8  # channels that go at once: kernels of matrix products take outputs by eight
DIVISORS = {"blocks16": 16, "blocks8": 8, "blocks4": 4}


@dataclasses.dataclass
class Inner:
    """Channels between two layers of a synthesis: `first` gives them, `last` takes them.

    `watched` shows them as `last` sees them.
    """

    first: str
    last: str
    watched: str
    cost: float  # kMAC per pixel of a channel


def inner_channels(synthesis):
    """-> all that can be pruned, the linear branch first, then the blocks in the configuration's order."""
    found = []
    if isinstance(synthesis.linear, nn.Sequential):
        first, last = synthesis.linear
        found.append(
            Inner("linear.0", "linear.1", "linear.0", (first.in_channels + last.out_channels) / PATCH**2 / 1000)
        )
    for name, divisor in DIVISORS.items():
        for number, block in enumerate(getattr(synthesis, name)):
            path = f"{name}.{number}"
            found.append(
                Inner(
                    f"{path}.widen", f"{path}.narrow", f"{path}.act", 2 * block.widen.in_channels / divisor**2 / 1000
                )
            )
    return found


def cost(synthesis):
    """kMAC per pixel."""
    sides = {
        "linear": 16,
        "enter": 16,
        "blocks16": 16,
        "up8": 16,
        "blocks8": 8,
        "up4": 8,
        "blocks4": 4,
        "smooth": 4,
        "leave": 4,
    }
    return (
        sum(
            module.weight.numel() / sides[name.split(".")[0]] ** 2
            for name, module in synthesis.named_modules()
            if isinstance(module, Conv)
        )
        / 1000
    )


class FisherScores:
    """Collects scores while a synthesis is trained on the mean loss of a batch; `close` ends that."""

    def __init__(self, synthesis):
        modules = dict(synthesis.named_modules())
        self.inner = inner_channels(synthesis)
        self.sums, self.count = {}, 0
        self.handles = [modules[inner.watched].register_forward_hook(self.watch(inner.first)) for inner in self.inner]

    def watch(self, key):
        def see(_, __, output):
            if output.requires_grad:
                values = output.detach()  # a hook that held the output itself would keep the graph of every step
                output.register_hook(lambda gradient: self.add(key, values, gradient))

        return see

    def add(self, key, output, gradient):
        """output, gradient (B, channels, h, w)."""
        own = len(output) * (output * gradient).sum((2, 3))  # the mean's gradient is a B-th of an example's
        self.sums[key] = self.sums.get(key, 0) + own.square().sum(0) / 2
        if key == self.inner[0].first:
            self.count += len(output)

    def close(self):
        """-> first layer: scores (channels)."""
        for handle in self.handles:
            handle.remove()
        return {key: total / max(1, self.count) for key, total in self.sums.items()}


def choose(inner, scores, excess):
    """The channels to keep, by first layer, once at least `excess` kMAC per pixel are gone: by steps of few
    channels, always the step that lowers the loss's estimate least for its cost. Some channels stay everywhere."""
    steps, order = [], {}
    for part in inner:
        score, order[part.first] = torch.sort(scores[part.first])
        start = 0
        while (end := start + ((len(score) - start) % STEP or STEP)) < len(score):
            steps.append(
                (
                    float(score[start:end].sum()) / ((end - start) * part.cost),
                    part.first,
                    end,
                    (end - start) * part.cost,
                )
            )
            start = end
    removed = {part.first: 0 for part in inner}
    for _, first, end, saved in sorted(steps):  # ascending within a layer too
        if excess <= 0:
            break
        removed[first], excess = end, excess - saved
    return {first: torch.sort(order[first][count:])[0] for first, count in removed.items()}


def without(synthesis, config, kept):
    """-> a new synthesis that has only the kept inner channels, its configuration."""
    state = {key: value.clone() for key, value in synthesis.state_dict().items()}
    inner = inner_channels(synthesis)
    for part in inner:
        rows = kept[part.first]
        for key in (f"{part.first}.weight", f"{part.first}.bias"):
            state[key] = state[key][rows]
        state[f"{part.last}.weight"] = state[f"{part.last}.weight"][:, rows]
    widths = [len(kept[part.first]) for part in inner if part.first != "linear.0"]
    linear = len(kept["linear.0"]) if "linear.0" in kept else config.synthesis_linear
    return build(dataclasses.replace(config, synthesis_hidden=tuple(widths), synthesis_linear=linear), state)


def build(config, state):
    synthesis = Synthesis(config)
    synthesis.load_state_dict(state)
    return synthesis, config


def split_linear(synthesis, config, hidden, latents):
    """-> a synthesis whose linear branch has `hidden` inner channels, its configuration. Of all such branches it is
    that with the least squared error on the latents (N, M): their outputs' principal components."""
    if config.synthesis_linear != FULL:
        raise ValueError("the linear branch has inner channels already")
    weight, bias = synthesis.linear.weight[:, :, 0, 0].detach().double(), synthesis.linear.bias.detach().double()
    mean = latents.double().mean(0)
    covariance = torch.cov(latents.double().T)
    _, vectors = torch.linalg.eigh(weight @ covariance @ weight.T)
    basis = vectors[:, -hidden:].flip(1)  # (768, hidden)
    state = {key: value for key, value in synthesis.state_dict().items() if not key.startswith("linear.")}
    first, last = basis.T @ weight, basis
    offset = bias + weight @ mean - last @ (first @ mean)
    state.update(
        {
            "linear.0.weight": first[:, :, None, None].float(),
            "linear.0.bias": torch.zeros(hidden),
            "linear.1.weight": last[:, :, None, None].float().contiguous(),
            "linear.1.bias": offset.float(),
        }
    )
    return build(dataclasses.replace(config, synthesis_linear=hidden), state)


def inherit(config, base):
    """A synthesis of another shape, with the base's weights wherever both have a layer of one name and shape."""
    synthesis = Synthesis(config)
    own, other = synthesis.state_dict(), base.state_dict()
    own.update({key: value for key, value in other.items() if key in own and own[key].shape == value.shape})
    synthesis.load_state_dict(own)
    return synthesis

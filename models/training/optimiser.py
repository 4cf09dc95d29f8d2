"""The optimiser: Adam with a rate for each part of the model, and the running average of the weights."""
import contextlib

import torch

BETAS = (0.9, 0.98)
CLIP, AVERAGE_DECAY = 1.0, 0.999
# The hyper prior's parameters are in units of tables and of integers; the entropy networks start later than the transform.
RATE_FACTORS = {"hyper_analysis": 2.5, "hyper_synthesis": 2.5, "context": 2.5, "prior": 25.0}


def make_optimiser(model, rate):
    """Adam with a group for each part, whose `base` rate the schedule multiplies."""
    groups = [{"params": list(part.parameters()), "base": rate * RATE_FACTORS.get(name, 1.0)}
              for name, part in model.named_children()]
    on_gpu = next(model.parameters()).is_cuda
    return torch.optim.Adam(groups, lr=rate, betas=BETAS, **({"fused": True} if on_gpu else {}))


def set_rate(optimiser, factor):
    for group in optimiser.param_groups:
        group["lr"] = group["base"] * factor


def step(model, optimiser, loss):
    """One step down the loss, gradients clipped. False, and nothing has changed, if a gradient is not finite."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], CLIP)
    if not torch.isfinite(norm):
        return False
    optimiser.step()
    return True


class Average:
    """Exponential running average of the weights."""

    def __init__(self, model):
        self.state = {key: value.detach().clone() for key, value in model.state_dict().items()}
        self.count = 0

    @torch.no_grad()
    def update(self, model):
        self.count += 1
        decay = min(AVERAGE_DECAY, (1 + self.count) / (10 + self.count))
        own = model.state_dict()
        torch._foreach_mul_(list(self.state.values()), decay)
        torch._foreach_add_(list(self.state.values()), [own[key] for key in self.state], alpha=1 - decay)


@contextlib.contextmanager
def averaged(model, average):
    """The model with the averaged weights inside the block."""
    own = {key: value.detach().clone() for key, value in model.state_dict().items()}
    model.load_state_dict(average.state)
    yield model
    model.load_state_dict(own)

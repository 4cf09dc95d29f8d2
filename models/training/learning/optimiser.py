"""The optimiser: Adam with a rate for each part of the model, and the running average of the weights."""
import contextlib

import torch

BETAS = (0.9, 0.98)
CLIP, AVERAGE_DECAY = 1.0, 0.999
# The hyper prior's parameters are in units of tables and of integers; the entropy networks start later than the
# transform.
RATE_FACTORS = {"hyper_analysis": 2.5, "hyper_synthesis": 2.5, "context": 2.5, "prior": 25.0, "mixture": 10.0}


def make_optimiser(model, rate):
    """Adam with a group for each part, whose `base` rate the schedule multiplies. On a GPU it fits into a captured
    step: rates are tensors there, and a step with `found_inf` set changes nothing."""
    groups = [
        {"params": list(part.parameters()), "base": rate * RATE_FACTORS.get(name, 1.0)}
        for name, part in model.named_children()
    ]
    device = next(model.parameters()).device
    if device.type != "cuda":
        return torch.optim.Adam(groups, lr=rate, betas=BETAS)
    for group in groups:
        group["lr"] = torch.tensor(rate, device=device)
    return torch.optim.Adam(groups, lr=torch.tensor(rate, device=device), betas=BETAS, fused=True, capturable=True)


def set_rate(optimiser, factor):
    for group in optimiser.param_groups:
        if torch.is_tensor(group["lr"]):
            group["lr"].fill_(group["base"] * factor)
        else:
            group["lr"] = group["base"] * factor


def descend(model, optimiser, loss):
    """Gradients of the loss, clipped; a step if they are finite -> 1.0 if they were not, on the model's device."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], CLIP)
    bad = (~torch.isfinite(norm + loss.detach())).float()
    if norm.is_cuda:
        optimiser.found_inf = bad
        optimiser.step()
    elif not bad:
        optimiser.step()
    return bad


class Average:
    """Exponential running average of the weights."""

    def __init__(self, model):
        self.state = {key: value.detach().clone() for key, value in model.state_dict().items()}
        self.count = 0

    @torch.no_grad()
    def update(self, model, steps=1):
        """After `steps` steps of the model."""
        self.count += steps
        decay = min(AVERAGE_DECAY, (1 + self.count) / (10 + self.count)) ** steps
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

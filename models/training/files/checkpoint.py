"""Checkpoints hold weights and their running average in fp16, the step count and the configuration.

They consist of tensors and plain values only.
"""
import os

import torch

from models.training.networks import config as configuration
from models.training.networks.families import make_model


def half(state):
    return {key: value.detach().cpu().half() for key, value in state.items()}


def save(path, model, average, step):
    """Writes beside the path first, so that a killed run leaves the earlier checkpoint whole."""
    content = {
        "config": configuration.to_dict(model.config),
        "step": step,
        "weights": half(model.state_dict()),
        "average": half(average),
    }
    torch.save(content, path + ".part")
    os.replace(path + ".part", path)


def read(path):
    return torch.load(path, map_location="cpu")


def load(path, which="average"):
    """-> (model with `average` or `weights`, content of the file)."""
    content = read(path)
    model = make_model(configuration.from_dict(content["config"]))
    model.load_state_dict({key: value.float() for key, value in content[which].items()})
    model.anneal(1.0)
    return model, content

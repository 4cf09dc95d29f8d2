"""What tests of training share: where the code is, networks of few weights, pictures with something to learn."""
import importlib.util
import os

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TRAINING = os.path.join(ROOT, "models", "training")
HAS_NUMPY = importlib.util.find_spec("numpy") is not None
HAS_TORCH = HAS_NUMPY and importlib.util.find_spec("torch") is not None

SMALL = {
    "latent_channels": 16,
    "hyper_channels": 8,
    "analysis_width4": 8,
    "analysis_width8": 8,
    "analysis_width16": 8,
    "analysis_blocks": [1, 1, 1],
    "synthesis_width16": 8,
    "synthesis_width8": 8,
    "synthesis_width4": 8,
    "synthesis_blocks": [1, 1, 1],
    "hyper_width": 8,
    "feature_channels": 8,
    "context_width": 8,
    "context_hidden": 8,
}


def small_config(**changes):
    from models.training.networks import config

    return config.from_dict({**SMALL, **changes})


def smooth_pictures(count, height, width, seed=0):
    """uint8 pictures of 10x10 blocks of random colours."""
    import numpy as np

    random = np.random.default_rng(seed)
    return [
        random.integers(0, 256, (-(-height // 10), -(-width // 10), 3))
        .repeat(10, 0)
        .repeat(10, 1)[:height, :width]
        .astype(np.uint8)
        for _ in range(count)
    ]

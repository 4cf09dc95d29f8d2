"""The shape of a model and the recipe of its training, read from one JSON file of `configs/`."""
import dataclasses
import json

# Class of a latent position: 2 * (row & 1) + (column & 1).
CLASS_COUNT = 4
ANCHOR_COUNT = 8
SCALE_COUNT = 64
SIGMA_MIN, SIGMA_MAX = 0.11, 64.0
HYPER_MAX = 1023
FULL, NONE = -1, 0  # synthesis_linear: one layer without inner channels; no linear branch
NO_GROUP = 255
CHOICES = {
    "network": ("lic", "cae-2017"),
    "activation": ("relu", "gate"),
    "linear": ("kept", "lapped", "dropped", "absent"),
    "last_layer": ("depthwise", "none", "full"),
}


@dataclasses.dataclass
class Config:
    """Widths count channels; `4`, `8`, `16` in a name is the resolution divisor at which they live."""

    name: str = "lic-photo"
    network: str = "lic"  # or "cae-2017": cae2017.py, which looks at the recipe alone
    latent_channels: int = 224
    hyper_channels: int = 64
    # Analysis (blocks at 1/4, 1/8, 1/16) and synthesis (at 1/16, 1/8, 1/4): depthwise, 1x1 up, activation, 1x1 down.
    analysis_width4: int = 64
    analysis_width8: int = 128
    analysis_width16: int = 192
    analysis_blocks: tuple = (2, 3, 3)
    synthesis_width16: int = 96
    synthesis_width8: int = 96
    synthesis_width4: int = 40
    synthesis_blocks: tuple = (2, 2, 2)
    synthesis_hidden: tuple = ()  # inner widths of all blocks, from 1/16 to 1/4; empty: twice the outer ones
    synthesis_linear: int = FULL  # inner width of the linear branch
    # Entropy networks.
    hyper_width: int = 96
    hyper_hidden: int = 160
    feature_channels: int = 96
    context_width: int = 64
    context_hidden: int = 160
    # group_table[pass][class]: which group of the channels that class of positions decodes in that pass, of a quarter
    # each. NO_GROUP: none. One group and two passes are a checkerboard, one group and one pass no context.
    group_table: tuple = ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0))
    # What search.py compares.
    activation: str = "relu"  # of the blocks, or "gate": the product of two halves, at the same cost
    # Branches; "lapped": with a depthwise 3x3 on the latents; "dropped": the synthesis' fades away; "absent".
    linear: str = "kept"
    # 3x3 before the last 1x1 of the synthesis; "none": sub-pixels alone; "full": a full 3x3 in its place.
    last_layer: str = "depthwise"
    # Recipe.
    loss: str = "mse"  # or "visual": losses.py
    crop: int = 192
    batch: int = 8
    learning_rate: float = 4e-4
    warmup_steps: int = 200
    hard_fraction: float = 0.15  # last part of the run: hard rounding everywhere, int8 weights everywhere
    fixed_quality: float = 0.0  # the only one that is trained; 0: one drawn for each crop

    @property
    def groups(self):
        return len({group for row in self.group_table for group in row} - {NO_GROUP})

    @property
    def group_channels(self):
        return self.latent_channels // self.groups

    @property
    def block_hidden(self):
        """Inner widths of the synthesis' blocks at 1/16, 1/8 and 1/4, as three tuples.

        0 leaves them to blocks with gates.
        """
        widths = (self.synthesis_width16, self.synthesis_width8, self.synthesis_width4)
        factor = 0 if self.activation == "gate" else 2
        flat = self.synthesis_hidden or sum(
            ((factor * width,) * count for width, count in zip(widths, self.synthesis_blocks)), ()
        )
        n16, n8, _ = self.synthesis_blocks
        return flat[:n16], flat[n16 : n16 + n8], flat[n16 + n8 :]


def tuples(value):
    """JSON lists become tuples, at every depth."""
    return tuple(tuples(v) for v in value) if isinstance(value, (list, tuple)) else value


def from_dict(values):
    known = {field.name for field in dataclasses.fields(Config)}
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"unknown configuration keys: {sorted(unknown)}")
    config = Config(**{key: tuples(value) for key, value in values.items()})
    decoded = [sorted(group for group in column if group != NO_GROUP) for column in zip(*config.group_table)]
    if len(decoded) != CLASS_COUNT or any(groups != list(range(config.groups)) for groups in decoded):
        raise ValueError("group_table: every class must decode every group exactly once")
    if config.synthesis_hidden and len(config.synthesis_hidden) != sum(config.synthesis_blocks):
        raise ValueError(
            f"synthesis_hidden: {len(config.synthesis_hidden)} widths for {sum(config.synthesis_blocks)} blocks"
        )
    if config.latent_channels % config.groups:
        raise ValueError("latent_channels: not a multiple of the groups")
    for key, allowed in CHOICES.items():
        if getattr(config, key) not in allowed:
            raise ValueError(f"{key}: {getattr(config, key)!r} is none of {', '.join(allowed)}")
    return config


def load(path):
    with open(path) as file:
        return from_dict(json.load(file))


def to_dict(config):
    return dataclasses.asdict(config)

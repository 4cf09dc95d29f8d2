"""Which networks a configuration means."""
from .cae2017 import CompressiveAutoencoder
from .codec import Codec

NETWORKS = {"lic": Codec, "cae-2017": CompressiveAutoencoder}


def make_model(config):
    return NETWORKS[config.network](config)

"""Makes large.lic: 48 megapixels in few bytes, for the tests of memory and of cancelling. All symbols are 0.

The model is `least`, the writer that of tests/reference.
"""

import os

import numpy as np

from tests.reference.lic_writer import all_zero, header_of, hyper_values, write_picture
from tests.vectors.recipes import LEAST, load_model

HERE = os.path.dirname(os.path.abspath(__file__))

WIDTH, HEIGHT = 8000, 6000


def main():
    model = load_model(LEAST)
    header = header_of(model, WIDTH, HEIGHT)
    z = np.zeros((model.hyper_channels, -(-HEIGHT // 64), -(-WIDTH // 64)), int)
    data, _ = write_picture(model, header, hyper_values(z, model, header.quality256), all_zero)
    with open(os.path.join(HERE, "large.lic"), "wb") as file:
        file.write(data)


main()

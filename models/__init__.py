"""Model files, and the Python that makes and measures them.

Everything here runs as a module, from the root of the repository:

    python3 -m models.training.train --help
    python3 -m models.evaluation.compare --help

From another folder, PYTHONPATH names the root. `training` makes model files, `overfitted` the base sets of files that
carry their own networks. `evaluation` compares codecs, and `measures` holds what the others measure with.
"""

"""Base sets of the overfitted coding: what the parameters of a picture's networks are before they are fitted to it.

    train     fits networks to mosaics of crops, one after the other; leaves a checkpoint
    export    rounds a checkpoint into docs/base-sets/, which is part of the format
    generate  makes shared/overfitted/trained_sets.cpp from docs/base-sets/
    release   freezes a set
"""

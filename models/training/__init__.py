"""From photos to model files. The modules of this folder are commands; the folders hold what they are made of:

    data       photos and crops
    networks   the model, its configuration and its ancestor
    learning   losses, the optimiser and the loop of steps
    synthesis  a synthesis alone, trained for files that exist
    files      checkpoints, model files and the exact integers of the codec
"""

"""What a synthesis needs to be trained alone: rounded latents, pruning and activations of few bits."""

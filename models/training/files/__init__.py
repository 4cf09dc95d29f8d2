"""What is written and read: checkpoints, model files, residual tables, and the exact integers of the codec."""

"""What training and evaluation both measure with: distances between pictures, and BD-rates between curves."""

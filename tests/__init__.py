"""Tests, vectors and the second decoder. Each module runs from the root of the repository: python3 -m
tests.training.heads_test."""

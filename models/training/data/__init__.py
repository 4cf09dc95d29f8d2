"""Photos: how they are audited, split and cut into crops."""

"""How a model learns: what it lowers, by which steps, in which loop."""

"""The networks of a model, and the configuration that gives them their shape."""

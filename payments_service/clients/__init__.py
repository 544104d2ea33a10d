"""One module per outside system: the only door to it."""

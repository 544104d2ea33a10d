"""The tests of more than one package, and what breaks, loads and measures the whole system."""

"""A tiny service that has every default, for their own tests."""

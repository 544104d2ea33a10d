"""Benchmarks: figures that tests don't assert, because machines are noisy."""

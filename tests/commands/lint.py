"""Check style, types, import rules and lock files."""

import argparse


def lock_of(_: argparse.Namespace) -> str:
    """Return the lock with the checkers."""
    return "dev"


def run(_: argparse.Namespace) -> int:
    """Run every check."""
    from tests.suites.lint import lint

    return lint()

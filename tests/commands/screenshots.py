"""Keep a picture of every page and state in docs/screenshots."""

import argparse


def lock_of(_: argparse.Namespace) -> str:
    """Return the lock with a driver of Chromium."""
    return "browser"


def run(_: argparse.Namespace) -> int:
    """Open every page as the browser tests do."""
    from tests.suites.run import take_screenshots

    return take_screenshots()

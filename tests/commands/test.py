"""Run the tests, all or some suites; they need nothing that is running."""

import argparse

from requirements.locks import LOCKS
from tests.suites.table import SUITES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which tests."""
    parser.add_argument("suites", nargs="*", metavar="suite", help="which suites; see --list")
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument("-k", metavar="EXPRESSION", help="only tests whose name matches, as for pytest")


def lock_of(options: argparse.Namespace) -> str:
    """Return what the most demanding of the suites needs."""
    if options.list:
        return "run"
    locks = [suite.lock for suite in SUITES if suite.name in options.suites]
    return max(["test", *locks], key=LOCKS.index)


def run(options: argparse.Namespace) -> int:
    """Run them and print the sums."""
    from tests.suites.run import run_suites

    return run_suites(options.suites, only_list=options.list, expression=options.k)

"""Write Python files in the style that lint checks."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which files."""
    parser.add_argument("paths", nargs="*", metavar="path", help="default: every file")


def lock_of(_: argparse.Namespace) -> str:
    """Return the lock with the formatter."""
    return "dev"


def run(options: argparse.Namespace) -> int:
    """Format them."""
    from tests.suites.lint import format_files

    return format_files(options.paths)

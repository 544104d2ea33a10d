"""Break every process of a stack of its own under load, and count what was lost or doubled."""

import argparse

from local_stack.arguments import add_broker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which faults, on which broker."""
    parser.add_argument("--quick", action="store_true", help="about two minutes instead of about ten")
    add_broker(parser)
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="only faults whose name and place contain these words"
    )


def run(options: argparse.Namespace) -> int:
    """Print the table of faults; 0 when all its counts are zero."""
    from tests.chaos.run import drill

    return drill(broker=options.broker, quick=options.quick, only=options.only)

"""Show every process and whether it works, what waits in queues, memory and CPU."""

import argparse

from local_stack.arguments import add_example, stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form."""
    add_example(parser)
    parser.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace) -> int:
    """Print the status."""
    from inspection.status import status

    return status(stack_of(options), as_json=options.json)

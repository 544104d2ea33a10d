"""Stop everything, and prove that nothing is left."""

import argparse

from local_stack.arguments import add_example


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether the data goes too."""
    add_example(parser)
    parser.add_argument("--wipe", action="store_true", help="forget all data, passwords and logs too")


def run(options: argparse.Namespace) -> int:
    """Stop the stack."""
    from local_stack.supervisor.down import down

    return down(options.run_dir, wipe=options.wipe)

"""Replace every process of the services, without a gap."""

import argparse

from local_stack.arguments import stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which processes, and whether people buy meanwhile."""
    parser.add_argument(
        "processes", nargs="*", metavar="process", help="such as orders.web, or a service (default: all)"
    )
    parser.add_argument(
        "--under-load",
        action="store_true",
        help="people buy and browse meanwhile; fails when one of their requests does, or an event is lost",
    )


def run(options: argparse.Namespace) -> int:
    """Replace them one after the other."""
    from local_stack.supervisor.rolling import restart

    return restart(stack_of(options), options.processes, under_load=options.under_load)

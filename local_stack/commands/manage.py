"""Run a management command of a service, with the service's environment."""

import argparse

from local_stack.arguments import add_service, service_of, stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the service and its command."""
    add_service(parser)
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="command …", help="such as: events resume ticket"
    )


def run(options: argparse.Namespace) -> int:
    """Run it; what it prints is shown."""
    from local_stack.service_commands import manage

    stack = stack_of(options)
    return manage(stack, service_of(stack, options.service), *options.arguments)

"""Show the logs of a process, a service, or everything."""

import argparse

from local_stack.arguments import NothingHere, add_example, positive, stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whose logs, and how much of them."""
    add_example(parser)
    parser.add_argument(
        "process", nargs="?", help="such as orders.web, orders, postgres, or a step: auth.migrate"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    parser.add_argument(
        "-n", "--lines", type=positive, default=40, help="how many lines of each to begin with (default 40)"
    )


def run(options: argparse.Namespace) -> int:
    """Print the end of each log."""
    from local_stack.supervisor import logs

    found = logs.logs_of(stack_of(options), options.process)
    if not found:
        raise NothingHere(f"There is no log of {options.process!r}.")
    logs.show(found, lines=options.lines, follow=options.follow)
    return 0

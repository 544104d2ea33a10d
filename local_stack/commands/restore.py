"""Put a dump from standard input in a paused service's database's place."""

import argparse
import sys

from local_stack.arguments import add_service, service_of, stack_of

add_arguments = add_service


def run(options: argparse.Namespace) -> int:
    """Replace the database."""
    from local_stack.backing.backups import restore

    stack = stack_of(options)
    restore(stack, service_of(stack, options.service, stateful=True), sys.stdin.buffer)
    return 0

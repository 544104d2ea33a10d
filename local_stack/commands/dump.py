"""Write a service's database to standard output, whatever goes on."""

import argparse
import sys

from local_stack.arguments import add_service, service_of, stack_of

add_arguments = add_service


def run(options: argparse.Namespace) -> int:
    """Write the dump."""
    from local_stack.backing.backups import dump

    stack = stack_of(options)
    dump(stack, service_of(stack, options.service, stateful=True), sys.stdout.buffer)
    return 0

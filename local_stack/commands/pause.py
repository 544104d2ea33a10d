"""Stop one service, while everything else goes on."""

import argparse

from local_stack.arguments import add_service, service_of, stack_of

add_arguments = add_service


def run(options: argparse.Namespace) -> int:
    """Stop its processes; they finish what they have in hand."""
    from local_stack.supervisor.pausing import pause

    stack = stack_of(options)
    pause(stack, service_of(stack, options.service))
    return 0

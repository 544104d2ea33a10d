"""Bring a paused service back."""

import argparse

from local_stack.arguments import add_service, service_of, stack_of

add_arguments = add_service


def run(options: argparse.Namespace) -> int:
    """Start its processes and wait until they are ready."""
    from local_stack.supervisor.pausing import resume

    stack = stack_of(options)
    resume(stack, service_of(stack, options.service))
    return 0

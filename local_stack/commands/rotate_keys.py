"""Sign tokens with a new key; no user is signed out."""

import argparse

from local_stack.arguments import service_of, stack_of


def run(options: argparse.Namespace) -> int:
    """Run the accounts service's own command on the stack's keys: both keys are valid in between."""
    from local_stack.service_commands import manage

    stack = stack_of(options)
    keys = str(stack.run_dir / "keys")
    return manage(stack, service_of(stack, "auth"), "rotate_keys", "--directory", keys)

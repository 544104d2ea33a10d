"""Play buy, decline, cancel and lapse through the gateway, and check them."""

import argparse

from local_stack.arguments import NothingHere, add_example, positive, stack_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether it goes on."""
    add_example(parser)
    parser.add_argument(
        "--loop", action="store_true", help="go on until stopped, then check that all services agree"
    )
    parser.add_argument("--rounds", type=positive, metavar="N", help="with --loop: stop after so many rounds")


def run(options: argparse.Namespace) -> int:
    """Play the system's own demo."""
    import importlib

    from local_stack.supervisor.control_client import Supervision

    stack = stack_of(options)
    Supervision(stack).status()  # says so when nothing runs
    demo = importlib.import_module(stack.system.demo)
    if not options.loop:
        return int(demo.demo(stack))
    if not hasattr(demo, "loop"):
        raise NothingHere(f"The {stack.system.name} plays its demo once; there is no --loop.")
    return int(demo.loop(stack, rounds=options.rounds))

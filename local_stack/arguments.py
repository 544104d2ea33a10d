"""What several commands share: common arguments, and the stack and service that a command line means.

Standard library only, as `local_stack.commands` says.
"""

import argparse
import os
from pathlib import Path

from local_stack.stack import DEFAULT_RUN_DIR, Stack
from local_stack.systems import EXAMPLES, Service, System
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.user_errors import UserError


class NothingHere(UserError):
    """What the command is about doesn't exist in this run directory."""


def positive(text: str) -> int:
    """Return a whole number from 1 on; a type for `add_argument`."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def add_run_dir(parser: argparse.ArgumentParser) -> None:
    """Add `--run-dir`, which stands before every command."""
    parser.add_argument(
        "--run-dir",
        type=lambda text: Path(text).resolve(),
        help="where the stack keeps its data and logs; each directory is a stack of its own "
        "(default: $STACK_RUN_DIR, else .run; for an example the directory of its name in there)",
    )


def add_example(parser: argparse.ArgumentParser) -> None:
    """Add `--example`, for commands that work on an example's stack too."""
    parser.add_argument(
        "--example", choices=tuple(EXAMPLES), help="not the marketplace: an example, beside it if both run"
    )


def add_service(parser: argparse.ArgumentParser) -> None:
    """Add `--example` and the name of a service."""
    add_example(parser)
    parser.add_argument("service", help="such as orders")


def add_broker(parser: argparse.ArgumentParser) -> None:
    """Add `--broker`, for commands that start a stack of their own."""
    parser.add_argument(
        "--broker", choices=("rabbitmq", "embedded"), default="rabbitmq", help="default: rabbitmq"
    )


def run_dir_of(options: argparse.Namespace) -> Path:
    """Return the run directory that a command line means."""
    if options.run_dir is not None:
        return Path(options.run_dir)
    of_marketplace = Path(os.environ.get("STACK_RUN_DIR") or DEFAULT_RUN_DIR).resolve()
    example = getattr(options, "example", None)
    return of_marketplace / example if example else of_marketplace


def system_of(options: argparse.Namespace) -> System:
    """Return the system that a command line means."""
    return EXAMPLES.get(getattr(options, "example", None) or "", MARKETPLACE)


def stack_of(options: argparse.Namespace) -> Stack:
    """Return the stack of the run directory. Raises NothingHere."""
    stack = Stack.load(options.run_dir)
    if stack is None:
        raise NothingHere(
            f"No stack was ever started here. Start it with: {system_of(options).command('up')}"
        )
    return stack


def service_of(stack: Stack, name: str, *, stateful: bool = False) -> Service:
    """Return a service of the stack by its name. Raises NothingHere, which lists the names."""
    known = stack.system.stateful if stateful else stack.system.services
    service = next((one for one in known if one.name == name), None)
    if service is None:
        raise NothingHere(f"There is no service {name!r}. There are: {', '.join(one.name for one in known)}.")
    return service

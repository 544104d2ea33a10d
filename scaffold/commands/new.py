"""Make a new service of the marketplace, which passes lint and its first tests."""

import argparse
import re
import sys

_NAME = re.compile(r"[a-z]{3,20}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is made, and its name."""
    parser.add_argument("what", choices=("service",))
    parser.add_argument("name", type=_name, help="one lower-case word, such as reviews")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text in sys.stdlib_module_names:
        raise argparse.ArgumentTypeError(
            "must be one word of 3 to 20 lower-case letters, and no module of Python's"
        )
    return text


def lock_of(_: argparse.Namespace) -> str:
    """Return the lock with the formatter."""
    return "dev"


def run(options: argparse.Namespace) -> int:
    """Write the service's files, add it to the tables that list services, and print what comes next."""
    from scaffold.new_service import make_service

    return make_service(options.name)

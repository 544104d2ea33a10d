"""From the command line to the module of each command, and from errors to one clear sentence.

Standard library only, so that `--help` works before anything is installed.
"""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from local_stack.arguments import add_run_dir, run_dir_of
from local_stack.user_errors import UserError

#: Where the commands are. They are found by name: `local_stack` imports none of the others.
_PACKAGES = tuple(
    f"{package}.commands" for package in ("local_stack", "inspection", "deploy", "tests", "scaffold")
)
_INTERRUPTED, _OUTPUT_CLOSED = 130, 141
_DESCRIPTION = "The ticket marketplace on this machine: everything it needs, from one command."
_EPILOG = "Begin with `up`; then `demo`, `status` and `test`. `<command> --help` says more of each."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; the chosen command's module ends up as `module`."""
    top = argparse.ArgumentParser(prog="./manage_all.py", description=_DESCRIPTION, epilog=_EPILOG)
    add_run_dir(top)
    commands = top.add_subparsers(dest="command", title="commands", metavar="<command>", required=True)
    for name, module in sorted(_modules().items()):
        summary = (module.__doc__ or "").splitlines()[0]
        chosen = commands.add_parser(
            name, help=summary[0].lower() + summary[1:].rstrip("."), description=summary
        )
        chosen.set_defaults(module=module)
        if hasattr(module, "add_arguments"):
            module.add_arguments(chosen)
    return top


def _modules() -> dict[str, ModuleType]:
    packages = [importlib.import_module(name) for name in _PACKAGES]
    return {
        found.name.replace("_", "-"): importlib.import_module(f"{package.__name__}.{found.name}")
        for package in packages
        for found in pkgutil.iter_modules(package.__path__)
    }


def lock_of(options: argparse.Namespace) -> str:
    """Return which of `requirements.locks.LOCKS` a command needs."""
    choose = getattr(options.module, "lock_of", None)
    return str(choose(options)) if choose else "run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Raises KeyboardInterrupt, but where it is how one leaves."""
    from local_stack.console import errors

    options = parser().parse_args(arguments)
    options.run_dir = run_dir_of(options)
    try:
        return int(options.module.run(options))
    except KeyboardInterrupt:
        if getattr(options, "follow", False):
            return _INTERRUPTED
        raise
    except BrokenPipeError:
        # The reader has closed our output; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OUTPUT_CLOSED
    except UserError as error:
        errors.print(str(error), markup=False)
        return 1

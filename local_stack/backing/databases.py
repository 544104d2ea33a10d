"""The step that makes roles and databases: `python -m local_stack.backing.databases <run directory>`."""

import sys
from pathlib import Path

from local_stack.backing.postgres import create_databases
from local_stack.credentials import credentials_of
from local_stack.stack import Stack


def main(run_dir: Path) -> None:
    """Make what the stack in this run directory lacks."""
    stack = Stack.load(run_dir)
    if stack is None:
        sys.exit(f"No stack was ever started in {run_dir}.")
    create_databases(stack, credentials_of(run_dir, stack.system))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

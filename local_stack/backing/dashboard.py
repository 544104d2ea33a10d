"""The dashboard: shows what the stack does, in a browser. Found by name, as a program of its own."""

import importlib.util
import sys

from local_stack.environment import base_environment
from local_stack.stack import Stack


def is_wanted(stack: Stack) -> bool:
    """Return whether the stack has a dashboard."""
    return stack.dashboard and importlib.util.find_spec("inspection") is not None


def command(stack: Stack) -> tuple[str, ...]:
    """Return the command line of the dashboard."""
    return (sys.executable, "-m", "inspection.dashboard", str(stack.run_dir))


def environment() -> dict[str, str]:
    """Return its environment: one heap for all of its threads, which keeps it small."""
    return base_environment() | {"MALLOC_ARENA_MAX": "1"}

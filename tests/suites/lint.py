"""`lint`: style, formatting, types, import rules and lock files, as the tests' machine runs them."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local_stack.console import out
from local_stack.stack import REPOSITORY

_PROGRAMS = Path(sys.executable).parent
CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy", ".")),
    ("lint-imports", ("lint-imports",)),
    ("locks", ("python", "-m", "requirements.locks")),
)


def lint() -> int:
    """Run every check, show what each has to say when it fails, and return the exit code."""
    failed = [name for name, command in CHECKS if not _passes(name, command)]
    return 1 if failed else 0


def format_files(paths: Sequence[str]) -> int:
    """Format files, all of them when none is named, and return the exit code."""
    command = (str(_PROGRAMS / "ruff"), "format", *(paths or ["."]))
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _passes(name: str, command: tuple[str, ...]) -> bool:
    started = time.monotonic()
    program, *arguments = command
    done = subprocess.run(
        [str(_PROGRAMS / program), *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    mark = "[red]✗[/]" if done.returncode else "[green]✓[/]"
    out.print(f"{mark} {name} ({time.monotonic() - started:.1f} s)")
    if done.returncode:
        out.print(done.stdout, markup=False)
    return done.returncode == 0

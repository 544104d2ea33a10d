"""What the stack's own tests share: stacks of tiny processes instead of services."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_stack.stack import REPOSITORY, Stack
from local_stack.supervisor.control_client import Supervision
from local_stack.supervisor.launch import plan, shut_down
from local_stack.supervisor.processes import MARKER
from local_stack.tests.tiny import Start
from tests.ephemeral_postgres import temporary_run_dir


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short directory (sockets live in it) that any user may pass through."""
    with temporary_run_dir() as run_dir:
        yield run_dir


@pytest.fixture
def stack(run_dir: Path) -> Stack:
    """A stack that exists on paper only."""
    stack = plan(run_dir, broker="embedded", any_port=True)
    (run_dir / "log").mkdir()
    stack.save()
    return stack


@pytest.fixture
def start(stack: Stack) -> Iterator[Start]:
    """Start a supervisor with one of the scenarios of `tiny`.

    Whatever happens, nothing is left afterwards.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(scenario: str) -> subprocess.Popen[bytes]:
        with stack.log_of("supervisor").open("ab") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "local_stack.tests.tiny", str(stack.run_dir), scenario],
                cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, MARKER: f"{stack.id}:supervisor"},
            )  # fmt: skip
        started.append(supervisor)
        return supervisor

    yield start
    shut_down(stack)
    for supervisor in started:
        supervisor.wait(timeout=10)


@pytest.fixture
def python() -> str:
    return sys.executable


def status_of(stack: Stack, name: str) -> dict[str, Any]:
    return next(view for view in Supervision(stack).status() if view["name"] == name)


def is_replaced(stack: Stack, name: str, pid: int) -> bool:
    view = status_of(stack, name)
    return view["state"] == "running" and view["pid"] not in {None, pid}

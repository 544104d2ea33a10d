"""Running services' management commands with the environment that the stack gives them.

A service's tables are its own: what the stack reads of a service is what such a command prints.
"""

import json
import os
import select
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Any, Self

from local_stack.credentials import credentials_of
from local_stack.environment import service_environment
from local_stack.stack import REPOSITORY, Stack
from local_stack.systems import Service

#: Seconds that an answer may take: on a busy machine the start of the command alone takes several.
ANSWER_SECONDS = 30.0


def manage(stack: Stack, service: Service, *arguments: str) -> int:
    """Run one command; what it prints is shown. Return its exit code."""
    environment = service_environment(stack, credentials_of(stack.run_dir, stack.system), service)
    return subprocess.run(service.manage(*arguments), env=environment, cwd=REPOSITORY, check=False).returncode


@dataclass(frozen=True)
class Answer:
    """What a command has printed, decoded; `error` says why there is nothing, and is empty otherwise."""

    value: Any = None
    error: str = ""


def read_json(stack: Stack, services: Iterable[Service], *arguments: str) -> dict[str, Answer]:
    """Run a command that prints a line of JSON in several services at once; return the answers by service."""
    with JsonCommand(stack, services, *arguments) as command:
        return command.read()


class JsonCommand:
    """A command that prints lines of JSON, running in several services at once for a `with` block.

    A command with `--follow` answers each line that it gets, so that a polling caller starts a process once.
    """

    def __init__(self, stack: Stack, services: Iterable[Service], *arguments: str) -> None:
        self._stack, self._arguments = stack, arguments
        self._services = list(services)
        self._running: dict[str, _Running] = {}
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        credentials = credentials_of(self._stack.run_dir, self._stack.system)
        with ExitStack() as exits:
            for service in self._services:
                environment = service_environment(self._stack, credentials, service)
                running = _Running(service.manage(*self._arguments), environment)
                self._running[service.name] = running
                exits.callback(running.end)
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def request(self, *arguments: str) -> dict[str, Answer]:
        """Send the same arguments to each, and return the answers by service."""
        return self.request_each(dict.fromkeys(self._running, arguments))

    def request_each(self, arguments: Mapping[str, Iterable[str]]) -> dict[str, Answer]:
        """Send arguments to some, by service, and return their answers."""
        for name, line in arguments.items():
            self._running[name].write(shlex.join(line))
        return self.read(arguments)

    def read(self, names: Iterable[str] | None = None) -> dict[str, Answer]:
        """Return the next answer of each, or of those named."""
        give_up = time.monotonic() + ANSWER_SECONDS
        wanted = self._running if names is None else names
        return {name: self._running[name].read(give_up) for name in wanted}


class _Running:
    """One process of a command. Nothing of it fails: errors are in its answers."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        # A file, since a pipe that is not read would block the command.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self._process = subprocess.Popen(
            command, env=dict(environment), cwd=REPOSITORY,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0,
        )  # fmt: skip

    def write(self, line: str) -> None:
        assert self._process.stdin is not None
        # Why it has ended is found as its answer is read.
        with suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(f"{line}\n".encode())

    def read(self, give_up: float) -> Answer:
        """Return the next line decoded, if it comes before that time by the monotonic clock."""
        assert self._process.stdout is not None
        output, line = self._process.stdout.fileno(), b""
        while not line.endswith(b"\n"):
            left = max(0.0, give_up - time.monotonic())
            if not select.select([output], [], [], left)[0]:
                # A late answer would be taken for that to the next request.
                self._process.kill()
                return Answer(error=f"no answer in {ANSWER_SECONDS:.0f} s")
            added = os.read(output, 65_536)
            if not added:
                return Answer(error=self._last_error())
            line += added
        return _decoded(line)

    def end(self) -> None:
        """Let it end, and end it where it doesn't."""
        with self._process as process, self._errors:
            assert process.stdin is not None
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
                return
            process.kill()

    def _last_error(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("CommandError: ") if lines else "it printed nothing"


def _decoded(line: bytes) -> Answer:
    try:
        value = json.loads(line)
    except ValueError:
        return Answer(error=f"not JSON: {line[:80]!r}")
    if isinstance(value, dict) and "error" in value:
        return Answer(error=value["error"])
    return Answer(value)

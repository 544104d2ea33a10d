"""Talking to a stack's supervisor: one JSON line there, one JSON line back, over a private Unix socket."""

import contextlib
import json
import select
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from local_stack.stack import Stack
from local_stack.supervisor.activity import cpu_seconds
from local_stack.supervisor.processes import recorded
from local_stack.user_errors import UserError
from shared_events.errors import describe

#: Seconds in which a supervisor that lives uses some CPU time, on however busy a machine. How long a request
#: may take is the supervisor's to judge.
SHOWS_LIFE_WITHIN = 5.0


class NotRunning(UserError):
    """No supervisor answers for this stack."""

    def __init__(self, why: str, command: str = "./manage_all.py up") -> None:
        super().__init__(f"The stack is not running. Start it with: {command}")
        self.why = why


class NotAnswering(NotRunning):
    """A supervisor is there, and stopped or stuck: what it keeps may run on, unseen."""

    def __init__(self, pid: int, command: str) -> None:
        UserError.__init__(
            self,
            f"The supervisor (pid {pid}) does not answer: it is stopped, or hangs. "
            f"If `kill -CONT {pid}` doesn't help, end everything with: {command}",
        )
        self.why = "it does not answer"


class Refused(UserError):
    """The supervisor could not do what was asked; the message says why."""


class Supervision:
    """A caller's view of one stack's supervisor. Every method raises NotRunning when there is none."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def status(self) -> list[dict[str, Any]]:
        """Return what is known of each part, as `process_status.ProcessStatus` describes it."""
        parts: list[dict[str, Any]] = self._ask("status")["parts"]
        return parts

    def is_running(self) -> bool:
        """Return whether a supervisor answers."""
        try:
            self.status()
        except NotRunning:
            return False
        return True

    def repair(self) -> None:
        """Start everything that is stopped, failed or waiting for another try."""
        self._ask("repair")

    def stop(self, part: str) -> None:
        """Stop a part; it stays stopped until `start`. Raises Refused for an unknown one."""
        self._ask("stop", part=part)

    def start(self, part: str) -> None:
        """Start a part and wait until it is ready. Raises Refused."""
        self._ask("start", part=part)

    def restart(self, part: str) -> None:
        """Restart a part and wait until it is ready. Raises Refused."""
        self._ask("restart", part=part)

    def replace(self, part: str) -> None:
        """Start a part's successor, and stop the part when that has taken over. Raises Refused."""
        self._ask("replace", part=part)

    def shut_down(self) -> None:
        """Ask the supervisor to stop everything and itself; returns at once."""
        self._ask("shut_down")

    @contextlib.contextmanager
    def overriding(self, part: str, environment: Mapping[str, str], *, wait: bool = True) -> Iterator[None]:
        """Run a part with some variables changed for as long as the context lasts.

        With `wait` the context begins once it is ready. Raises Refused when it doesn't get ready.
        The supervisor restores the part when the connection ends, so a killed caller leaves nothing behind.
        """
        with self._connect() as connection:
            self._exchange(
                connection, {"do": "override", "part": part, "environment": dict(environment), "wait": wait}
            )
            yield
            connection.shutdown(socket.SHUT_WR)
            self._wait_for_answer(connection)
            _read(connection)

    def _ask(self, what: str, **details: Any) -> dict[str, Any]:
        with self._connect() as connection:
            return self._exchange(connection, {"do": what, **details})

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SHOWS_LIFE_WITHIN)
        try:
            connection.connect(str(self._stack.socket))
        except OSError as error:
            connection.close()
            raise NotRunning(describe(error), self._stack.system.command("up")) from error
        return connection

    def _exchange(self, connection: socket.socket, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise NotRunning(describe(error)) from error
        self._wait_for_answer(connection)
        return _read(connection)

    def _wait_for_answer(self, connection: socket.socket) -> None:
        """Wait for as long as the supervisor lives. Raises NotAnswering when it doesn't move."""
        supervisor = recorded(self._stack.run_dir).get("supervisor")
        before = cpu_seconds(supervisor.pid) if supervisor else 0.0
        while not select.select([connection], [], [], SHOWS_LIFE_WITHIN)[0]:
            if supervisor is None:
                raise NotRunning("it does not answer", self._stack.system.command("up"))
            used = cpu_seconds(supervisor.pid)
            if used <= before:
                raise NotAnswering(supervisor.pid, self._stack.system.command("down"))
            before = used


def _read(connection: socket.socket) -> dict[str, Any]:
    try:
        with connection.makefile("rb") as lines:
            line = lines.readline()
    except OSError as error:
        raise NotRunning(describe(error)) from error
    if not line:
        raise NotRunning("the supervisor ended before it answered")
    reply: dict[str, Any] = json.loads(line)
    if "refused" in reply:
        raise Refused(reply["refused"])
    return reply

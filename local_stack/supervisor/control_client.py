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


class RequestRejected(UserError):
    """The supervisor could not fulfil the request; the message has the reason."""


class Supervision:
    """A caller's view of one stack's supervisor. Every method raises NotRunning when there is none."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def status(self) -> list[dict[str, Any]]:
        """Return the status of each process, as `process_status.ProcessStatus` describes it."""
        processes: list[dict[str, Any]] = self._request("status")["parts"]
        return processes

    def is_running(self) -> bool:
        """Return whether a supervisor answers."""
        try:
            self.status()
        except NotRunning:
            return False
        return True

    def repair(self) -> None:
        """Start everything that is stopped, failed or waiting for another try."""
        self._request("repair")

    def stop(self, name: str) -> None:
        """Stop a process; it stays stopped until `start`. Raises RequestRejected for an unknown one."""
        self._request("stop", part=name)

    def start(self, name: str) -> None:
        """Start a process and wait until it is ready. Raises RequestRejected."""
        self._request("start", part=name)

    def restart(self, name: str) -> None:
        """Restart a process and wait until it is ready. Raises RequestRejected."""
        self._request("restart", part=name)

    def replace(self, name: str) -> None:
        """Start a successor, and stop the process when that has taken over. Raises RequestRejected."""
        self._request("replace", part=name)

    def shut_down(self) -> None:
        """Request that the supervisor stops everything and itself; returns at once."""
        self._request("shut_down")

    @contextlib.contextmanager
    def overriding(self, name: str, environment: Mapping[str, str], *, wait: bool = True) -> Iterator[None]:
        """Run a process with some variables changed for as long as the context lasts.

        With `wait` the context begins once it is ready. Raises RequestRejected when it doesn't get ready.
        The supervisor restores the process when the connection ends, also that of a killed caller.
        """
        with self._connect() as connection:
            self._exchange(
                connection, {"do": "override", "part": name, "environment": dict(environment), "wait": wait}
            )
            yield
            connection.shutdown(socket.SHUT_WR)
            self._wait_for_answer(connection)
            _read(connection)

    def _request(self, what: str, **details: Any) -> dict[str, Any]:
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
        raise RequestRejected(reply["refused"])
    return reply

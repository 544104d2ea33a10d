"""Talking to a stack's supervisor: one JSON line there, one JSON line back, over a private Unix socket."""

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from local_stack.complaints import Complaint
from local_stack.processes import recorded
from local_stack.stack import Stack
from shared_events.errors import describe

#: A restart waits until the part is ready again; nothing takes longer than this, in seconds.
_PATIENCE = 90.0
#: What needs no waiting is answered in this time, in seconds.
ANSWERS_WITHIN = 5.0
#: A successor starts, and its predecessor finishes what it has in hand, in seconds.
_LONGEST_SUCCESSION = 240.0


class NotRunning(Complaint):
    """No supervisor answers for this stack."""

    def __init__(self, why: str, command: str = "./manage_all.py up") -> None:
        super().__init__(f"The stack is not running. Start it with: {command}")
        self.why = why


class NotAnswering(NotRunning):
    """A supervisor is there, and stopped or stuck: what it keeps may run on, unseen."""

    def __init__(self, pid: int, command: str) -> None:
        Complaint.__init__(
            self,
            f"The supervisor (pid {pid}) does not answer: it is stopped, or hangs. "
            f"If `kill -CONT {pid}` doesn't help, end everything with: {command}",
        )
        self.why = "it does not answer"


class Refused(Complaint):
    """The supervisor could not do what was asked; the message says why."""


class _Silence(NotRunning):
    """The time for an answer is over."""


class Supervision:
    """A caller's view of one stack's supervisor. Every method raises NotRunning when there is none."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def status(self) -> list[dict[str, Any]]:
        """Return what is known of each part, as `view.View` describes it."""
        parts: list[dict[str, Any]] = self._ask("status", patience=ANSWERS_WITHIN)["parts"]
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
        self._ask("replace", patience=_LONGEST_SUCCESSION, part=part)

    def shut_down(self) -> None:
        """Ask the supervisor to stop everything and itself; returns at once."""
        self._ask("shut_down", patience=ANSWERS_WITHIN)

    @contextlib.contextmanager
    def overriding(self, part: str, environment: Mapping[str, str]) -> Iterator[None]:
        """Run a part with some variables changed for as long as the context lasts.

        The supervisor restores the part when the connection ends, so a killed caller leaves nothing behind.
        """
        with self._connect(_PATIENCE) as connection:
            _exchange(connection, {"do": "override", "part": part, "environment": dict(environment)})
            yield
            connection.shutdown(socket.SHUT_WR)
            _read(connection)

    def _ask(self, what: str, *, patience: float = _PATIENCE, **details: Any) -> dict[str, Any]:
        with self._connect(patience) as connection:
            try:
                return _exchange(connection, {"do": what, **details})
            except _Silence as silence:
                supervisor = recorded(self._stack.run_dir).get("supervisor")
                if supervisor is None:
                    raise
                raise NotAnswering(supervisor.pid, self._stack.system.command("down")) from silence

    def _connect(self, patience: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(patience)
        try:
            connection.connect(str(self._stack.socket))
        except OSError as error:
            connection.close()
            raise NotRunning(describe(error), self._stack.system.command("up")) from error
        return connection


def _exchange(connection: socket.socket, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        connection.sendall(json.dumps(request).encode() + b"\n")
    except OSError as error:
        raise NotRunning(describe(error)) from error
    return _read(connection)


def _read(connection: socket.socket) -> dict[str, Any]:
    try:
        with connection.makefile("rb") as lines:
            line = lines.readline()
    except TimeoutError as error:
        raise _Silence(describe(error)) from error
    except OSError as error:
        raise NotRunning(describe(error)) from error
    if not line:
        raise NotRunning("the supervisor ended before it answered")
    reply: dict[str, Any] = json.loads(line)
    if "refused" in reply:
        raise Refused(reply["refused"])
    return reply

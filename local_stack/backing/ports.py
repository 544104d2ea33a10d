"""Choosing free ports, and naming the processes that listen on others."""

import contextlib
import errno
import fcntl
import hashlib
import itertools
import json
import os
import socket
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from local_stack.stack import DEFAULT_GATEWAY_PORT, PORT_NAMES
from local_stack.user_errors import UserError

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes one between two `up`s.
_FIRST, _LAST = 20_000, 32_000
#: Seconds for which other stacks keep off a port that was chosen: until its process listens, or has failed.
_PROMISED = 300.0


class PortTaken(UserError):
    """A port that was requested by number is in use."""


def choose_ports(
    run_dir: Path,
    *,
    gateway: int | None,
    before: Mapping[str, int],
    avoid_default: bool = False,
    names: Sequence[str] = PORT_NAMES,
) -> dict[str, int]:
    """Return a free port for each of these processes, that of last time (`before`) where it is still free.

    `gateway` is the port the user insists on. `avoid_default` leaves the usual gateway port to others. Raises
    PortTaken when the insisted port is in use.
    """
    with _promises() as promises:
        others = {int(port) for port, (owner, _) in promises.items() if owner != str(run_dir)}
        chosen = _choose(run_dir, names, gateway, before, avoid_default, others)
        until = time.time() + _PROMISED
        promises.update({str(port): (str(run_dir), until) for port in chosen.values()})
    return chosen


def _choose(
    run_dir: Path,
    names: Sequence[str],
    gateway: int | None,
    before: Mapping[str, int],
    avoid_default: bool,  # noqa: FBT001 (passed on as it came)
    others: Collection[int],
) -> dict[str, int]:
    def may_have(port: int) -> bool:
        return port not in others and is_free(port)

    candidates = (port for port in _candidates(run_dir) if port not in before.values() and may_have(port))
    chosen: dict[str, int] = {}
    for name in names:
        known = before.get(name)
        if name == "gateway" and not avoid_default:
            chosen[name] = _insisted(gateway) or next(filter(may_have, _gateway_wishes(known)))
        else:
            chosen[name] = known if known and may_have(known) else next(candidates)
    return chosen


@contextlib.contextmanager
def _promises() -> Iterator[dict[str, tuple[str, float]]]:
    """Yield which ports were promised lately: to which run directory, and until when. What is added is kept.

    A port is seen to be free some time before its process listens: two stacks that start at once would both
    take it.
    """
    place = Path(tempfile.gettempdir()) / f"local-stack-ports-{os.geteuid()}.json"
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            known: dict[str, tuple[str, float]] = json.load(file)
        except json.JSONDecodeError:
            known = {}
        current = {port: promise for port, promise in known.items() if promise[1] > time.time()}
        yield current
        file.seek(0)
        file.truncate()
        json.dump(current, file)


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port, on the loopback and on every address."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            # No IPv6 here, or a port that needs privileges: not a sign that the port is in use.
    return True


def holder_of(port: int) -> str:
    """Return in words which process listens on a port, even if it is unknown."""
    try:
        listening = [
            connection
            for connection in psutil.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        ]
    except psutil.AccessDenied:
        listening = []
    for connection in listening:
        if connection.pid is not None:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.NoSuchProcess:
                continue
    return "another user's process"


def why_not(port: int) -> str:
    """Return in words why `choose_ports` has not given this port."""
    if is_free(port):
        return "is promised to another stack, which is starting"
    return f"is taken by {holder_of(port)}"


def _insisted(gateway: int | None) -> int | None:
    if gateway is not None and not is_free(gateway):
        raise PortTaken(
            f"Port {gateway} is taken by {holder_of(gateway)}. Stop it, or choose another with --port."
        )
    return gateway


def _gateway_wishes(last: int | None) -> Iterator[int]:
    """Yield the last port first: addresses noted down earlier should stay valid."""
    return itertools.chain(filter(None, [last]), itertools.count(DEFAULT_GATEWAY_PORT))


def _candidates(run_dir: Path) -> Iterator[int]:
    """Yield ports from a place of this directory's own, so that two stacks seldom meet."""
    digest = int.from_bytes(hashlib.sha256(str(run_dir).encode()).digest()[:4], "big")
    room = (_LAST - _FIRST) // 64
    start = _FIRST + digest % room * 64
    yield from range(start, _LAST)
    yield from range(_FIRST, start)

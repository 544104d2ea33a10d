"""Choosing ports that nobody uses, and saying who uses the others."""

import errno
import hashlib
import itertools
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from local_stack.complaints import Complaint
from local_stack.stack import DEFAULT_GATEWAY_PORT, PORT_NAMES

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection takes one between two `up`s.
_FIRST, _LAST = 20_000, 32_000


class PortTaken(Complaint):
    """A port that was asked for by number belongs to somebody else."""


def choose_ports(
    run_dir: Path, *, gateway: int | None, before: Mapping[str, int], avoid_default: bool = False
) -> dict[str, int]:
    """Return a free port for every part, the ones of last time (`before`) where they are still free.

    `gateway` is the port the user insists on. `avoid_default` leaves the usual gateway port to others. Raises
    PortTaken when the insisted port is in use.
    """
    candidates = (port for port in _candidates(run_dir) if port not in before.values() and is_free(port))
    chosen: dict[str, int] = {}
    for name in PORT_NAMES:
        if name == "gateway" and not avoid_default:
            chosen[name] = _gateway_port(gateway, before.get("gateway"))
            continue
        known = before.get(name)
        chosen[name] = known if known and is_free(known) else next(candidates)
    return chosen


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
            # No IPv6 here, or a port that needs privileges: not a sign of somebody else.
    return True


def holder_of(port: int) -> str:
    """Return who listens on a port, in words; an unknown process is said to be one."""
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


def _gateway_port(insisted: int | None, last: int | None) -> int:
    if insisted is not None:
        if not is_free(insisted):
            raise PortTaken(
                f"Port {insisted} is taken by {holder_of(insisted)}. Stop it, or choose another with --port."
            )
        return insisted
    wishes = itertools.chain(
        [DEFAULT_GATEWAY_PORT, last or DEFAULT_GATEWAY_PORT], itertools.count(DEFAULT_GATEWAY_PORT)
    )
    return next(port for port in wishes if is_free(port))


def _candidates(run_dir: Path) -> Iterator[int]:
    """Yield ports from a place of this directory's own, so that two stacks seldom meet."""
    digest = int.from_bytes(hashlib.sha256(str(run_dir).encode()).digest()[:4], "big")
    room = (_LAST - _FIRST) // 16
    start = _FIRST + digest % room * 16
    yield from range(start, _LAST)
    yield from range(_FIRST, start)

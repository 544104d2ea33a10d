"""Readiness probes of processes. A probe returns None when all is well, else what is wrong, in words."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar, Protocol

#: Seconds that an answer may take, as on a busy machine: what hangs is found by its signs of life.
_TIMEOUT = 15.0
#: Seconds after which a lease that wasn't renewed has run out, and some more: a relay renews it every second.
_LEASE_SECONDS = 5.0


@dataclass(frozen=True)
class Sighting:
    """What a probe may look at besides the network: the process's log since its last start, and its time."""

    log: Path
    log_offset: int
    started: float


class Stuck(str):
    """Trouble of a process that is there, and that a new start mends; what is only starting isn't stuck."""

    __slots__ = ()


class Probe(Protocol):
    """Looks at a running process; `lasting` when one good answer is enough for the process's whole life."""

    lasting: ClassVar[bool]

    async def __call__(self, seen: Sighting) -> str | None:
        """Return None when the process is ready, else why it isn't."""
        ...


@dataclass(frozen=True)
class Alive:
    """Ready once it has lived for some seconds."""

    lasting: ClassVar[bool] = True
    seconds: float = 0.3

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        return None if time.monotonic() - seen.started >= self.seconds else "starting"


@dataclass(frozen=True)
class Listens:
    """Ready when its port takes connections."""

    lasting: ClassVar[bool] = False
    port: int

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
        except OSError:
            return f"nothing listens on port {self.port} yet"
        return None


@dataclass(frozen=True)
class Answers:
    """Ready when a GET of this path is answered with 200."""

    lasting: ClassVar[bool] = False
    port: int
    path: str

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                status = await self._status()
        except TimeoutError:
            return f"{self.path} gave no answer in {_TIMEOUT:.0f} s"
        except (OSError, ValueError):
            return f"nothing answers on port {self.port} yet"
        return None if status == HTTPStatus.OK else f"{self.path} answers {status}"

    async def _status(self) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            # Spoken by hand: an HTTP client would cost the supervisor more memory than all the rest of it.
            writer.write(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            line = await reader.readline()
            return int(line.split()[1]) if line.count(b" ") else _no_http(line)
        finally:
            writer.close()


def _no_http(line: bytes) -> int:
    raise ValueError(line)


@dataclass(frozen=True)
class Logs:
    """Ready once it has written this text into its log since it was started."""

    lasting: ClassVar[bool] = True
    text: str

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        with seen.log.open("rb") as log:
            log.seek(seen.log_offset)
            return None if self.text.encode() in log.read() else f"has not logged “{self.text}” yet"


@dataclass(frozen=True)
class HoldsLease:
    """Ready while a relay renews its lease, which it shows by touching a file."""

    lasting: ClassVar[bool] = False
    file: Path

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        try:
            age = time.time() - self.file.stat().st_mtime
        except FileNotFoundError:
            age = math.inf
        return None if age < _LEASE_SECONDS else "does not hold the relay's lease yet"


@dataclass(frozen=True)
class Works:
    """Ready when a blocking check, run aside, returns None; otherwise what it returns is what is wrong."""

    lasting: ClassVar[bool] = False
    check: Callable[[], str | None]

    async def __call__(self, seen: Sighting) -> str | None:
        """See Probe."""
        return await asyncio.to_thread(self.check)

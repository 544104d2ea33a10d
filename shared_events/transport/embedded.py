"""The embedded broker: kombu's filesystem transport with a folder per queue and atomic messages.

For machines without RabbitMQ. It may lose what a killed worker had fetched; catch-up repairs that.
"""

import itertools
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

SCHEME = "embedded"
#: Messages a queue may hold, and their bytes; past that the oldest are dropped, as RabbitMQ's queues do.
QUEUE_LIMIT, QUEUE_BYTES = 10_000, 128 * 2**20
#: How often that is looked at: after so many messages, or bytes, that this process has put.
CHECK_EVERY, CHECK_EVERY_BYTES = 100, 16 * 2**20


class Channel(filesystem.Channel):
    """Writes a message aside and renames it, so that no reader ever sees half of one."""

    _serial = itertools.count()
    #: Bytes put since the limits were looked at; a channel is put to by one thread.
    _bytes_put = 0

    def _folder(self, queue: str) -> Path:
        folder = Path(self.data_folder_in) / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _waiting(self, queue: str) -> list[str]:
        return sorted(name for name in os.listdir(self._folder(queue)) if name.endswith(".msg"))

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        folder, serial = self._folder(queue), next(self._serial)
        name = f"{time.time_ns():020d}-{os.getpid()}-{serial}.msg"
        aside = folder / f"{name}.part"
        try:
            self._bytes_put += aside.write_text(dumps(payload))
            aside.rename(folder / name)
        except OSError:
            aside.unlink(missing_ok=True)  # on a full disk each try would leave a piece
            raise
        if serial % CHECK_EVERY == 0 or self._bytes_put > CHECK_EVERY_BYTES:
            self._bytes_put = 0
            self._drop_oldest(queue)

    def _drop_oldest(self, queue: str) -> None:
        kept = 0
        for count, name in enumerate(reversed(self._waiting(queue))):
            message = self._folder(queue) / name
            try:
                kept += message.stat().st_size
            except FileNotFoundError:
                continue  # a worker has taken it
            if count and (count >= QUEUE_LIMIT or kept > QUEUE_BYTES):
                message.unlink(missing_ok=True)

    def _get(self, queue: str) -> Any:
        folder = self._folder(queue)
        for name in self._waiting(queue):
            taken = folder / f"{name}.{os.getpid()}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            payload = loads(taken.read_text())
            taken.unlink()
            return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        names = self._waiting(queue)
        for name in names:
            (self._folder(queue) / name).unlink(missing_ok=True)
        return len(names)


class Transport(filesystem.Transport):
    """The filesystem transport on our channel."""

    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def options(folder: Path) -> dict[str, Any]:
    """Return kombu's transport options for a broker that lives in `folder`, which is made when missing."""
    messages, control = folder / "queues", folder / "exchanges"
    for part in (messages, control):
        part.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.05,
    }

"""Which PostgreSQL the library needs, said before anything depends on it."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import InterfaceError, OperationalError, connections

from shared_events.errors import describe

logger = logging.getLogger(__name__)

#: `transaction_timeout`, without which a frozen events worker would hold its cursor for ever, came with 17.
OLDEST = 17
_PAUSE = 1.0


class UnsupportedPostgres(Exception):
    """The database is older than the library needs."""


def require_supported(alias: str = "default") -> None:
    """Raise UnsupportedPostgres, or what the database raises when it is away."""
    connections[alias].ensure_connection()
    found: int = connections[alias].pg_version  # type: ignore[attr-defined]
    if found < OLDEST * 10_000:
        raise UnsupportedPostgres(
            f"PostgreSQL {OLDEST} or newer is needed, and {found // 10_000}.{found % 10_000} was found: its "
            "`transaction_timeout` keeps a frozen worker from holding a stream for ever. "
            f"Upgrade the server of the database {connections[alias].settings_dict['NAME']!r}."
        )


def wait_for_supported(stop: threading.Event, prepare: Callable[[], None] = lambda: None) -> None:
    """Wait until the database answers and `prepare` is done, or `stop` is set. Raises UnsupportedPostgres."""
    while not stop.is_set():
        try:
            require_supported()
            prepare()
        except (OperationalError, InterfaceError) as error:
            logger.warning("Waiting for the database: %s", describe(error))
            connections["default"].close()
            stop.wait(_PAUSE)
        else:
            return


def check_version(*, databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Django's system check for the databases at hand; `manage migrate` runs it, and `check --database`."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        try:
            require_supported(alias)
        except UnsupportedPostgres as error:
            found.append(Error(str(error), id="shared_events.E001"))
    return found

"""Reading the event logs of all services of a running stack, each with its own credentials."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from local_stack.credentials import credentials_of
from local_stack.environment import database_url
from local_stack.stack import Stack
from local_stack.systems import Service

_EVENTS: LiteralString = """
    WITH event AS (
        SELECT id, stream, position, event_id, type, schema_version, aggregate_id, version, occurred_at,
               correlation_id, causation_id, data FROM shared_events_archivedevent
        UNION ALL
        SELECT id, stream, position, event_id, type, schema_version, aggregate_id, version, occurred_at,
               correlation_id, causation_id, data FROM shared_events_loggedevent
    )
    SELECT * FROM event WHERE """
_LATEST: LiteralString = " ORDER BY id DESC LIMIT %s"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event in a service's log. `position` is None until the relay has numbered it."""

    service: str
    id: int
    stream: str
    position: int | None
    event_id: UUID
    type: str
    schema_version: int
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: UUID | None
    data: dict[str, Any]


class Logs:
    """The logs of a stack's services."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._secrets = credentials_of(stack.run_dir, stack.system)

    @property
    def publishers(self) -> list[Service]:
        """Return the services that tell something."""
        return [service for service in self._stack.system.running if service.publishes]

    @property
    def subscribers(self) -> list[Service]:
        """Return the services that follow somebody."""
        return [service for service in self._stack.system.running if service.follows]

    def publisher_of(self, stream: str) -> Service | None:
        """Return who publishes a stream."""
        return next((service for service in self.publishers if stream in service.publishes), None)

    def ask(self, service: Service, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query in a service's database. Raises psycopg.Error."""
        with psycopg.connect(
            database_url(self._stack, self._secrets, service), connect_timeout=3
        ) as connection:
            return connection.execute(query, values).fetchall()

    def find(self, condition: LiteralString, *values: Any, last: int | None = None) -> list[Told]:
        """Return the events of all services that meet a condition, oldest first; with `last` only so many."""
        found = [told for service in self.publishers for told in self._of(service, condition, values, last)]
        found.sort(key=lambda told: (told.occurred_at, told.id))
        return found[-last:] if last else found

    def _of(
        self, service: Service, condition: LiteralString, values: Iterable[Any], last: int | None
    ) -> list[Told]:
        rows = self.ask(service, _EVENTS + condition + _LATEST, *values, last)
        names = [item.name for item in fields(Told)][1:]
        return [Told(service=service.name, **dict(zip(names, row, strict=True))) for row in rows]

"""The publisher's side: record what happened, in the transaction in which it happens."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from shared_events import context, failpoints
from shared_events.contracts import Event
from shared_events.ids import uuid7
from shared_events.models import ArchivedEvent, LoggedEvent
from shared_events.settings import event_settings
from shared_events.transactions import require_transaction

#: The Postgres channel on which a commit wakes the relay.
WAKE_CHANNEL = "shared_events"


class NotOurEvent(RuntimeError):
    """A service may record only events of the streams that it publishes."""


def record(event: Event, *, aggregate_id: UUID, version: int) -> None:
    """Add `event` to this service's log; it is published if and only if the transaction commits.

    Call it after the aggregate's row is locked, with the aggregate's own version: from 1, one step per event.
    Raises TransactionRequired, NotOurEvent, and IntegrityError when the version is taken.
    """
    require_transaction()
    if event.stream() not in event_settings().publishes:
        raise NotOurEvent(f"{event_settings().service} doesn't publish {event.wire_type()}")
    now = context.current()
    LoggedEvent.objects.create(
        stream=event.stream(),
        event_id=uuid7(),
        type=event.wire_type(),
        schema_version=event.schema_version,
        aggregate_id=aggregate_id,
        version=version,
        occurred_at=timezone.now(),
        correlation_id=now.correlation_id,
        causation_id=now.causation_id,
        traceparent=now.traceparent,
        data=event.to_data(),
    )
    wake_relay_on_commit()
    failpoints.reach("record.uncommitted")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An event as it stands in this service's own log, published or not yet."""

    type: str
    version: int
    occurred_at: datetime


def history(aggregate_id: UUID) -> list[Recorded]:
    """Return what this service has recorded about an aggregate, in order."""
    names = ("type", "version", "occurred_at")
    tables = (ArchivedEvent, LoggedEvent)  # in this order: what was archived is older
    rows = [
        table.objects.filter(aggregate_id=aggregate_id).order_by("version").values(*names) for table in tables
    ]
    return [Recorded(**row) for row in itertools.chain(*rows)]


def wake_relay_on_commit() -> None:
    """Wake the relay once this transaction has committed. Best effort: the relay also polls."""
    if all(hook[1] is not _notify for hook in connection.run_on_commit):
        transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    failpoints.reach("record.committed")
    # A statement of its own after the commit: NOTIFY inside the transaction would serialise all commits.
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {WAKE_CHANNEL}")

"""The publisher's side: record what happened, in the transaction in which it happens."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from opentelemetry.trace import SpanKind

from shared_events import context, failpoints, metrics, tracing
from shared_events.contracts import Event
from shared_events.ids import uuid7
from shared_events.models import ArchivedEvent, LoggedEvent, StoredEvent
from shared_events.settings import event_settings
from shared_events.transactions import require_transaction

#: The Postgres channel on which a commit wakes the relay.
WAKE_CHANNEL = "shared_events"

#: What a row has when it is recorded, in the order in which it is written; a position comes later.
_COLUMNS = tuple(field.name for field in StoredEvent._meta.fields if not field.generated)  # noqa: SLF001
_COPY = f"COPY shared_events_loggedevent ({', '.join(_COLUMNS)}) FROM STDIN"
_values_of = attrgetter(*_COLUMNS)


class NotOurEvent(RuntimeError):
    """A service may record only events of the streams that it publishes."""


class EventTooLarge(ValueError):
    """An event has more data than `max_event_bytes` allows; keep the bulk elsewhere, and its address here."""


@dataclass(frozen=True, eq=False)
class _PendingRow:
    """A row that a `batch_writes` block will write, or without one a row that is written.

    It stands among the transaction's hooks for its commit: Django drops those of a savepoint that is rolled
    back, and so the row goes with the changes that it belongs to.
    """

    row: LoggedEvent
    block: object | None

    def __call__(self) -> None:
        """Count the event, at the commit."""
        metrics.RECORDED.labels(self.row.stream, self.row.type).inc()


#: The `batch_writes` block that gathers what is recorded, if any.
_block: ContextVar[object | None] = ContextVar("shared_events_block", default=None)


def record(event: Event, *, aggregate_id: UUID, version: int) -> None:
    """Add `event` to this service's log; it is published if and only if the transaction commits.

    Call it after the aggregate's row is locked, with the aggregate's own version: from 1, one step per event.
    Raises TransactionRequired, NotOurEvent, EventTooLarge, and IntegrityError when the version is taken.
    """
    require_transaction()
    if event.stream() not in event_settings().publishes:
        raise NotOurEvent(f"{event_settings().service} doesn't publish {event.wire_type()}")
    data = event.to_json()
    _require_size(event, len(data))
    now = context.current()
    row = LoggedEvent(
        stream=event.stream(),
        event_id=uuid7(),
        type=event.wire_type(),
        schema_version=event.schema_version,
        aggregate_id=aggregate_id,
        version=version,
        occurred_at=timezone.now(),
        correlation_id=now.correlation_id,
        causation_id=now.causation_id,
        data=data.decode(),
    )
    about = {"event.id": str(row.event_id), "aggregate.id": str(aggregate_id)}
    with tracing.span(
        f"record {row.type}", SpanKind.PRODUCER, parent=now.traceparent, attributes=about
    ) as own:
        row.traceparent = own
        _add(row)


def _add(row: LoggedEvent) -> None:
    """Write it now, or at the end of the block that gathers what is recorded."""
    block = _block.get()
    transaction.on_commit(_PendingRow(row, block))
    if block is None:
        _write([row])


@contextmanager
def batch_writes() -> Iterator[None]:
    """Write what is recorded inside the block by one statement at its end: for changes of many rows at once.

    What is recorded inside a savepoint that is rolled back isn't written. A version that is taken is found
    out at the end. Nothing is written when the block raises. Blocks don't nest: an inner one leaves the
    writing to the outer one.
    """
    if _block.get() is not None:
        yield
        return
    block = object()
    token = _block.set(block)
    try:
        yield
    finally:
        _block.reset(token)
    rows = _pending_rows(block)
    if rows:
        _write(rows)


def _pending_rows(block: object | None) -> list[LoggedEvent]:
    if block is None:
        return []
    hooks = [hook[1] for hook in connection.run_on_commit]
    return [hook.row for hook in hooks if isinstance(hook, _PendingRow) and hook.block is block]


def _require_size(event: Event, size: int) -> None:
    most = event_settings().max_event_bytes
    if size > most:
        raise EventTooLarge(
            f"{event.wire_type()} has {size} bytes of data, and max_event_bytes allows {most}: keep what is "
            "large elsewhere (a file, a row of your own) and record its address"
        )


def _write(rows: list[LoggedEvent]) -> None:
    # For many rows COPY costs a fifth of what an INSERT with all their literals does; for one it is the same.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(_values_of(row))
    wake_relay_on_commit()
    failpoints.reach("record.uncommitted")


@dataclass(frozen=True, kw_only=True)
class EventSummary:
    """An event as it stands in this service's own log, published or not yet."""

    type: str
    version: int
    occurred_at: datetime


def history(aggregate_id: UUID) -> list[EventSummary]:
    """Return what this service has recorded about an aggregate, in order."""
    names = ("type", "version", "occurred_at")
    tables = (ArchivedEvent, LoggedEvent)  # in this order: what was archived is older
    rows = [
        table.objects.filter(aggregate_id=aggregate_id).order_by("version").values(*names) for table in tables
    ]
    waiting = [row for row in _pending_rows(_block.get()) if row.aggregate_id == aggregate_id]
    return [
        *(EventSummary(**row) for row in itertools.chain(*rows)),
        *(EventSummary(type=row.type, version=row.version, occurred_at=row.occurred_at) for row in waiting),
    ]


def head(stream: str) -> int:
    """Return the position of the newest event of a stream of ours; 0 where none has one yet."""
    for table in (LoggedEvent, ArchivedEvent):
        newest = table.objects.filter(stream=stream, position__isnull=False).order_by("-position").first()
        if newest is not None:
            return newest.position or 0
    return 0


def waiting() -> set[UUID]:
    """Return the aggregates of which something is recorded that has no position yet."""
    return set(LoggedEvent.objects.filter(position=None).values_list("aggregate_id", flat=True))


def origin_contexts(aggregate_ids: Iterable[UUID]) -> dict[UUID, context.Context]:
    """Return the context of the request with which each aggregate began, a fresh one where that is archived.

    What a sweep does to many at once still belongs to the request of each.
    """
    ids = list(aggregate_ids)
    first = LoggedEvent.objects.filter(aggregate_id__in=ids, version=1)
    found = {
        row.aggregate_id: context.Context(correlation_id=row.correlation_id, traceparent=row.traceparent)
        for row in (
            *first.only("aggregate_id", "correlation_id", "traceparent"),
            *(row for row in _pending_rows(_block.get()) if row.version == 1),
        )
    }
    return {aggregate_id: found.get(aggregate_id) or context.fresh() for aggregate_id in ids}


def wake_relay_on_commit() -> None:
    """Wake the relay once this transaction has committed. Best effort: the relay also polls."""
    if all(hook[1] is not _notify for hook in connection.run_on_commit):
        transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    failpoints.reach("record.committed")
    # A statement of its own after the commit: NOTIFY inside the transaction would serialise all commits.
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {WAKE_CHANNEL}")

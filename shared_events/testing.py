"""What a service's tests need: read what was recorded, and hand an event to this service's handlers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from shared_events.contracts import Event, published_events
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.inbox.subscriptions import dispatch
from shared_events.models import LoggedEvent, OutgoingCommand
from shared_events.outbox import log


def recorded_events() -> list[Event]:
    """Return the events that this test has recorded, in order, decoded as a subscriber would."""
    contracts = published_events()
    rows = LoggedEvent.objects.order_by("id")
    return [contracts[row.type].from_data(row.data, row.schema_version) for row in rows]


def scheduled_commands() -> list[tuple[str, dict[str, Any]]]:
    """Return the commands that wait for the relay, as (task name, arguments)."""
    return [(row.task, row.kwargs) for row in OutgoingCommand.objects.order_by("id")]


def deliver(event: Event, *, aggregate_id: UUID, version: int = 1, position: int = 1) -> RawEnvelope:
    """Run this service's handlers for `event` in a transaction, as the worker would; return the envelope."""
    envelope = enveloped(event, aggregate_id=aggregate_id, version=version, position=position)
    deliver_batch([envelope])
    return envelope


def deliver_batch(envelopes: list[RawEnvelope]) -> None:
    """Run this service's handlers for a batch in one transaction, as the worker would."""
    with transaction.atomic(), log.batch_writes():
        dispatch(envelopes)


def enveloped(
    event: Event, *, aggregate_id: UUID, version: int = 1, position: int = 1, correlation_id: str = "test"
) -> RawEnvelope:
    """Return `event` in an envelope as its publisher would send it."""
    return RawEnvelope(
        stream=event.stream(),
        position=position,
        id=uuid7(),
        type=event.wire_type(),
        schema_version=event.schema_version,
        aggregate_id=aggregate_id,
        version=version,
        occurred_at=timezone.now(),
        correlation_id=correlation_id,
        causation_id=None,
        traceparent="",
        data=event.to_data(),
    )


@contextmanager
def nothing_recorded() -> Iterator[None]:
    """Fail when the block records an event or schedules a command."""
    before = LoggedEvent.objects.count(), OutgoingCommand.objects.count()
    yield
    after = LoggedEvent.objects.count(), OutgoingCommand.objects.count()
    assert after == before, f"events and commands went from {before} to {after}"

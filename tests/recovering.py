"""What is the same in every service when its log is recovered: its rows are made anew from its own events."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from shared_events.envelope import RawEnvelope, load
from shared_events.envelope import dump as dump_envelopes
from shared_events.models import LoggedEvent
from shared_events.outbox.log_reader import envelopes_after
from shared_events.outbox.recovery import Recovered, recover
from shared_events.settings import event_settings


def publish() -> list[RawEnvelope]:
    """Give positions to what was recorded, as the relay does; return the log as a subscriber has it."""
    [stream] = event_settings().publishes
    waiting = LoggedEvent.objects.filter(position=None).order_by("id")
    head = LoggedEvent.objects.filter(stream=stream).aggregate(models.Max("position"))["position__max"] or 0
    for position, row in enumerate(waiting, head + 1):
        LoggedEvent.objects.filter(id=row.id).update(position=position)
    return load(dump_envelopes(envelopes_after(stream, 0, 10_000)[1]))


def lose(rows: models.QuerySet[Any], *, after: int = 0) -> None:
    """Delete rows of this service's own, and its log after a position, as a restore does."""
    rows.delete()
    LoggedEvent.objects.exclude(position__lte=after).delete()


def lose_and_recover(rows: models.QuerySet[Any]) -> Recovered:
    """Lose all rows of this service's own with its whole log, and make them anew from what was published."""
    published = publish()
    lose(rows)
    return recover(published)


def states(rows: models.QuerySet[Any], *unknown: str) -> list[dict[str, Any]]:
    """Return rows as they are, but for the columns that no event has."""
    return [
        {name: value for name, value in row.items() if name not in unknown}
        for row in rows.order_by("pk").values()
    ]


def of(events: Iterable[RawEnvelope], *types: str) -> list[RawEnvelope]:
    """Return the events of these types."""
    return [event for event in events if event.type in types]

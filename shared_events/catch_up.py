"""Catch-up: a consumer asks for what follows its cursor, the publisher answers from its log.

One mechanism for gaps, restarts, lost messages and services that are deployed a year late.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from shared_events.bus.publisher import CATCH_UP as ASK
from shared_events.bus.publisher import DELIVER, Publisher
from shared_events.bus.topology import CATCH_UP, inbox_exchange
from shared_events.envelope import dump
from shared_events.models import Cursor
from shared_events.numbering import head_of
from shared_events.reading import envelopes_after
from shared_events.settings import event_settings
from shared_events.subscriptions import followed_streams


def ask(stream: str, publisher: Publisher) -> bool:
    """Ask the publisher of `stream` for what follows our cursor; return whether a request was sent.

    One request per stream is under way at a time, so that pushes arriving meanwhile don't start a storm.
    """
    now = timezone.now()
    overdue = now - timedelta(seconds=event_settings().catch_up_timeout)
    free = Q(asked_at__isnull=True) | Q(asked_at__lt=overdue)
    if not Cursor.objects.filter(free, stream=stream, halted_at__isnull=True).update(asked_at=now):
        return False
    try:
        _send(Cursor.objects.get(stream=stream), publisher)
    except Exception:
        # Nothing is under way: whoever finds a gap as the broker comes back shall not wait for an answer.
        Cursor.objects.filter(stream=stream, asked_at=now).update(asked_at=None)
        raise
    return True


def _send(cursor: Cursor, publisher: Publisher) -> None:
    settings = event_settings()
    publisher.publish(
        ASK,
        {
            "stream": cursor.stream,
            "after": cursor.position,
            "last_id": str(cursor.last_id) if cursor.last_id else None,
            "service": settings.service,
        },
        exchange=CATCH_UP,
        key=cursor.stream,
        expires=settings.anti_entropy_every,
    )


def ask_all(publisher: Publisher) -> None:
    """Ask for every stream that this service follows; "you have everything" is answered by silence."""
    for stream in followed_streams():
        Cursor.objects.get_or_create(stream=stream)
        ask(stream, publisher)


def answer(stream: str, after: int, last_id: UUID | None, service: str, publisher: Publisher) -> int:
    """Send `service` what follows `after` in our log, a bounded page; return how many envelopes were sent.

    When our log doesn't hold `last_id` at `after` it isn't the log that the asker has read. The answer then
    shows what we have there, and the asker halts the stream.
    """
    at_cursor, page = envelopes_after(stream, after, event_settings().catch_up_size)
    previous_id = at_cursor.id if at_cursor else None
    same_log = after == 0 or previous_id == last_id
    if not same_log:
        page, previous_id = ([at_cursor] if at_cursor else []), None
    if same_log and not page:
        return 0
    answered: dict[str, Any] = {
        "stream": stream,
        "events": dump(page),
        "previous_id": str(previous_id) if previous_id else None,
        "head": head_of(stream),
    }
    publisher.publish(DELIVER, answered, exchange=inbox_exchange(service), key=stream)
    return len(page)

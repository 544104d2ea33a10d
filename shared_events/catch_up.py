"""Catch-up: a consumer requests what follows its cursor, the publisher replies from its log.

One mechanism for gaps, restarts, lost messages, services that are deployed a year late, and handlers that
are.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from shared_events import metrics
from shared_events.envelope import PublishedEnvelope, cut, dump
from shared_events.inbox import cursors
from shared_events.inbox.subscriptions import followed_streams
from shared_events.models import Backfill, Cursor
from shared_events.outbox.log_reader import envelopes_after, envelopes_of_types
from shared_events.outbox.sequencer import head_of
from shared_events.settings import event_settings
from shared_events.transport.publisher import CATCH_UP as REQUEST
from shared_events.transport.publisher import (
    DELIVER,
    DELIVER_BACKFILL,
    Publisher,
    is_too_large,
    publish_events,
)
from shared_events.transport.topology import CATCH_UP, inbox_exchange

Row = TypeVar("Row", bound=models.Model)


def request(stream: str, publisher: Publisher) -> bool:
    """Request what follows our cursor from the publisher of `stream`; return whether a request was sent.

    One request per stream is under way at a time, so that pushes arriving meanwhile don't start a storm.
    While a handler holds the cursor nothing is requested, and nothing waits: what it applies comes first.
    """
    now = timezone.now()
    with transaction.atomic():
        cursors_to_ask = Cursor.objects.filter(
            _nothing_under_way("catch_up_requested_at", now), halted_at__isnull=True
        )
        cursor = _unlocked(cursors_to_ask.filter(stream=stream)).first()
        if cursor is None:
            return False
        Cursor.objects.filter(stream=stream).update(catch_up_requested_at=now)
    try:
        _send(
            stream, publisher, after=cursor.position, last_id=str(cursor.last_id) if cursor.last_id else None
        )
    except Exception:
        # No request is under way: a worker that finds a gap as the broker comes back needn't wait.
        with transaction.atomic():
            ours = _unlocked(Cursor.objects.filter(stream=stream, catch_up_requested_at=now)).values("stream")
            Cursor.objects.filter(stream__in=list(ours.values_list("stream", flat=True))).update(
                catch_up_requested_at=None
            )
        raise
    return True


def request_backfill(stream: str, publisher: Publisher) -> bool:
    """Ask the publisher of `stream` for what its cursor has passed without some handlers.

    Return whether a request was sent: one at a time, as above.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            _unlocked(Backfill.objects.filter(_nothing_under_way("requested_at", now), stream=stream))
        )
        Backfill.objects.filter(id__in=[row.id for row in rows]).update(requested_at=now)
    if not rows:
        return False
    types = sorted({row.type for row in rows})
    _send(stream, publisher, after=min(row.position for row in rows), last_id=None, types=types)
    return True


def request_missing(publisher: Publisher) -> None:
    """Ask for every stream that this service follows; "you have everything" is answered by silence."""
    for stream in followed_streams():
        cursors.make(stream)
        request(stream, publisher)
        request_backfill(stream, publisher)


def reply(stream: str, after: int, last_id: UUID | None, service: str, publisher: Publisher) -> int:
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
        "previous_id": str(previous_id) if previous_id else None,
        "head": head_of(stream),
    }
    return _reply(DELIVER, answered, _first_message(page), service, publisher)


def reply_backfill(stream: str, after: int, types: list[str], service: str, publisher: Publisher) -> int:
    """Send `service` the events of some types after a position, a bounded page; return how many were sent.

    It says up to which position nothing else of these types is there.
    """
    upto = head_of(stream)
    size = event_settings().catch_up_size
    page = _first_message(envelopes_of_types(stream, types, after=after, upto=upto, limit=size))
    if page:
        upto = page[-1].position
    if upto <= after:
        return 0
    answered = {"stream": stream, "after": after, "upto": upto}
    return _reply(DELIVER_BACKFILL, answered, page, service, publisher)


def _reply(
    task: str, answered: dict[str, Any], page: list[PublishedEnvelope], service: str, publisher: Publisher
) -> int:
    """Send a page; a smaller one, or an event without its data, where the broker allows less than we do."""
    whole = answered | {"events": dump(page)}
    try:
        publish_events(publisher, task, whole, page, exchange=inbox_exchange(service))
    except Exception as error:
        if not is_too_large(error) or not page or page[0].omitted_bytes:
            raise
        less = page[: len(page) // 2] or [page[0].without_data()]
        if "upto" in answered:
            answered = answered | {"upto": less[-1].position}
        return _reply(task, answered, less, service, publisher)
    metrics.CATCH_UP_PAGES.labels(answered["stream"]).inc()
    return len(page)


def _send(stream: str, publisher: Publisher, **what: Any) -> None:
    settings = event_settings()
    publisher.publish(
        REQUEST,
        {"stream": stream, "service": settings.service, **what},
        exchange=CATCH_UP,
        key=stream,
        expires=settings.anti_entropy_every,
    )


def _nothing_under_way(since: str, now: datetime) -> Q:
    overdue = now - timedelta(seconds=event_settings().catch_up_timeout)
    return Q(**{f"{since}__isnull": True}) | Q(**{f"{since}__lt": overdue})


def _unlocked(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.select_for_update(skip_locked=True)


def _first_message(page: list[PublishedEnvelope]) -> list[PublishedEnvelope]:
    most = event_settings().batch_bytes
    return next(cut(page, size=max(len(page), 1), most_bytes=most), [])

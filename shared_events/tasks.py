"""The library's Celery tasks: apply events, feed backfills, retry parked ones, reply to catch-up requests."""

import logging
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from opentelemetry.trace import SpanKind

from shared_events import catch_up, failpoints, tracing
from shared_events.envelope import RawEnvelope
from shared_events.errors import describe
from shared_events.inbox import consumer, redrive
from shared_events.inbox.backfill import backfill_from_wire
from shared_events.transport.names import REDRIVE_KEY
from shared_events.transport.publisher import CATCH_UP, DELIVER, DELIVER_BACKFILL, REDRIVE, Publisher

logger = logging.getLogger(__name__)

_local = threading.local()


@shared_task(name=DELIVER, bind=True)
def deliver(self: Task, *, stream: str, events: str, previous_id: str | None, head: int, **_: object) -> None:
    """Apply a batch of `stream`; ask for what is missing, or for the next page."""
    if not _is_own_stream(self, stream):
        return
    try:
        batch = consumer.batch_from_wire(stream, events, previous_id, head)
    except (ValueError, TypeError) as error:
        logger.error("Dropped a message on %s that isn't a batch: %s", stream, error)
        return
    with _span_of(self, stream, batch.events):
        outcome = consumer.receive(batch)
    failpoints.reach("deliver.unacknowledged")
    if outcome in (consumer.ApplyResult.GAP, consumer.ApplyResult.MORE_TO_COME):
        _quietly(lambda publisher: catch_up.request(stream, publisher))


@shared_task(name=DELIVER_BACKFILL, bind=True)
def deliver_backfill(self: Task, *, stream: str, events: str, after: int, upto: int, **_: object) -> None:
    """Feed events that lie behind the cursor to handlers that haven't had them; ask for the next page."""
    if not _is_own_stream(self, stream):
        return
    try:
        past = backfill_from_wire(stream, events, after, upto)
    except (ValueError, TypeError) as error:
        logger.error("Dropped a message on %s that isn't its past: %s", stream, error)
        return
    with _span_of(self, stream, past.events):
        outcome = consumer.receive_backfill(past)
    if outcome is consumer.ApplyResult.MORE_TO_COME:
        _quietly(lambda publisher: catch_up.request_backfill(stream, publisher))


@shared_task(name=REDRIVE, bind=True)
def redrive_parked(self: Task, **_: object) -> None:
    """Try the parked events that are due."""
    if _is_own_stream(self, REDRIVE_KEY):
        redrive.retry_due()


@shared_task(name=CATCH_UP, bind=True)
def reply_to_catch_up(
    self: Task,
    *,
    stream: str,
    after: int,
    last_id: str | None,
    service: str,
    types: list[str] | None = None,
    **_: object,
) -> None:
    """Send the asking service a page of our log, to its inbox; with `types` one of these types alone."""
    if not _is_own_stream(self, stream):
        return
    if types:
        _quietly(lambda publisher: catch_up.reply_backfill(stream, after, types, service, publisher))
    else:
        last = UUID(last_id) if last_id else None
        _quietly(lambda publisher: catch_up.reply(stream, after, last, service, publisher))


def _span_of(task: Task, stream: str, events: Sequence[RawEnvelope]) -> AbstractContextManager[str]:
    """Return the span in which a message's events are applied."""
    return tracing.span(
        f"deliver {stream}",
        SpanKind.CONSUMER,
        parent=(task.request.headers or {}).get(tracing.HEADER, ""),
        links=(event.traceparent for event in events),
        attributes={"messaging.batch.message_count": len(events)},
    )


def _is_own_stream(task: Task, stream: str) -> bool:
    # The broker's permissions say who may use which routing key; what the body claims counts for nothing.
    key = (task.request.delivery_info or {}).get("routing_key")
    if key != stream:
        logger.error("Refused a message that claims to be of stream %r but came by the key %r", stream, key)
    return key == stream


def _quietly(publish: Any) -> None:
    """Publish from a worker; a failure is only logged, for the next request or timer repeats it."""
    if not hasattr(_local, "publisher"):
        _local.publisher = Publisher()
    try:
        publish(_local.publisher)
    except Exception as error:
        logger.warning("Could not publish: %s", describe(error))

"""The two tasks of the backbone: take a batch of events, and answer a consumer that asks to catch up."""

import logging
import threading
from typing import Any
from uuid import UUID

from celery import Task, shared_task

from shared_events import catch_up, consumer, failpoints
from shared_events.bus.publisher import CATCH_UP, DELIVER, Publisher
from shared_events.errors import describe

logger = logging.getLogger(__name__)

_local = threading.local()


@shared_task(name=DELIVER, bind=True)
def deliver(self: Task, *, stream: str, events: str, previous_id: str | None, head: int, **_: object) -> None:
    """Apply a batch of `stream`; ask for what is missing, or for the next page."""
    if not _came_by_its_stream(self, stream):
        return
    try:
        batch = consumer.batch_from_wire(stream, events, previous_id, head)
    except (ValueError, TypeError) as error:
        logger.error("Dropped a message on %s that isn't a batch: %s", stream, describe(error))
        return
    outcome = consumer.receive(batch)
    failpoints.reach("deliver.unacknowledged")
    if outcome in (consumer.Outcome.GAP, consumer.Outcome.MORE_TO_COME):
        _quietly(lambda publisher: catch_up.ask(stream, publisher))


@shared_task(name=CATCH_UP, bind=True)
def answer_catch_up(
    self: Task, *, stream: str, after: int, last_id: str | None, service: str, **_: object
) -> None:
    """Send the asking service a page of our log, to its inbox."""
    if _came_by_its_stream(self, stream):
        last = UUID(last_id) if last_id else None
        _quietly(lambda publisher: catch_up.answer(stream, after, last, service, publisher))


def _came_by_its_stream(task: Task, stream: str) -> bool:
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

"""Celery tasks that must be sent if and only if a transaction commits."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared_events import context
from shared_events.models import OutgoingCommand
from shared_events.outbox.log import wake_relay_on_commit
from shared_events.settings import event_settings
from shared_events.transactions import require_transaction


class CommandTooLarge(ValueError):
    """A command has more arguments than `max_event_bytes` allows: keep them in a row, and pass its id."""


def schedule(task: str, kwargs: dict[str, Any], *, at: datetime | None = None) -> None:
    """Have the relay send `task` to this service's own commands queue, to run at `at` or at once.

    `kwargs` must be JSON-ready. The task may be lost or run twice: it must be safe to repeat, and a sweep
    must stand behind it. Commands that are alike and due at the same whole second, the one after `at`, may be
    sent once for all: ten thousand countdowns cost the broker no more than the seconds they are due in.
    Raises TransactionRequired, and CommandTooLarge for more than `max_event_bytes` of arguments.
    """
    require_transaction()
    size, most = len(msgspec.json.encode(kwargs)), event_settings().max_event_bytes
    if size > most:
        raise CommandTooLarge(
            f"{task} has {size} bytes of arguments, and max_event_bytes allows {most}: pass an id"
        )
    cause = context.current()
    OutgoingCommand.objects.create(
        task=task,
        kwargs=kwargs,
        at=at and _whole_second(at),
        correlation_id=cause.correlation_id,
        traceparent=cause.traceparent,
    )
    wake_relay_on_commit()


def _whole_second(at: datetime) -> datetime:
    begun = at.replace(microsecond=0)
    return at if at == begun else begun + timedelta(seconds=1)

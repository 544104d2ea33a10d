"""Celery tasks that must be sent if and only if a transaction commits."""

from datetime import datetime, timedelta
from typing import Any

from shared_events import context
from shared_events.log import wake_relay_on_commit
from shared_events.models import OutgoingCommand
from shared_events.transactions import require_transaction


def schedule(task: str, kwargs: dict[str, Any], *, at: datetime | None = None) -> None:
    """Have the relay send `task` to this service's own commands queue, to run at `at` or at once.

    `kwargs` must be JSON-ready. The task may be lost or run twice: it must be safe to repeat, and a sweep
    must stand behind it. Commands that are alike and due at the same whole second, the one after `at`, may be
    sent once for all: ten thousand countdowns cost the broker no more than the seconds they are due in.
    Raises TransactionRequired.
    """
    require_transaction()
    OutgoingCommand.objects.create(
        task=task, kwargs=kwargs, at=at and _whole_second(at), correlation_id=context.current().correlation_id
    )
    wake_relay_on_commit()


def _whole_second(at: datetime) -> datetime:
    begun = at.replace(microsecond=0)
    return at if at == begun else begun + timedelta(seconds=1)

"""Celery tasks that must be sent if and only if a transaction commits."""

from datetime import datetime
from typing import Any

from shared_events import context
from shared_events.log import wake_relay_on_commit
from shared_events.models import OutgoingCommand
from shared_events.transactions import require_transaction


def schedule(task: str, kwargs: dict[str, Any], *, at: datetime | None = None) -> None:
    """Have the relay send `task` to this service's own commands queue, to run at `at` or at once.

    `kwargs` must be JSON-ready. The task may be lost or run twice: it must be safe to repeat, and a sweep
    must stand behind it. Raises TransactionRequired.
    """
    require_transaction()
    OutgoingCommand.objects.create(
        task=task, kwargs=kwargs, at=at, correlation_id=context.current().correlation_id
    )
    wake_relay_on_commit()

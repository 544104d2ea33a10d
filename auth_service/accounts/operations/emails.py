"""Letters to people: written down with what causes them, sent by a command, with a sweep behind it.

A request for a queued to an address is written down whether or not anybody has that address: the answer, and
the time it takes, tell nothing. The command finds out.
"""

from datetime import datetime, timedelta
from uuid import UUID

from auth_service.accounts.models import QueuedEmail
from shared_events.outbox import commands

#: The task that sends a queued; `tasks.py` defines it.
SEND_EMAIL = "accounts.send_email"
#: What wasn't sent by then says something stale.
DROPPED_AFTER = timedelta(hours=1)
#: How long one who sends a queued has for it, and how long until the next try.
_NEXT_TRY_AFTER = timedelta(seconds=30)


def queue_email(*, kind: QueuedEmail.Kind, email: str, now: datetime) -> None:
    """Have a queued of this kind sent to the address, where it has an account."""
    queued = QueuedEmail.objects.create(kind=kind, email=email, created_at=now, due_at=now + _NEXT_TRY_AFTER)
    commands.schedule(SEND_EMAIL, {"email_id": str(queued.id)})


def take_email(*, email_id: UUID, now: datetime) -> QueuedEmail | None:
    """Take a queued to send it; None where it is gone, or somebody else has it in hand."""
    queued = QueuedEmail.objects.select_for_update(skip_locked=True).filter(id=email_id).first()
    if queued is None or (queued.tries and queued.due_at > now):
        return None
    queued.tries += 1
    queued.due_at = now + _NEXT_TRY_AFTER * queued.tries
    queued.save(update_fields=["tries", "due_at"])
    return queued


def delete_email(*, email_id: UUID) -> None:
    """It is sent, or there is nobody to send it to."""
    QueuedEmail.objects.filter(id=email_id).delete()


def send_due_emails(*, now: datetime, most: int) -> int:
    """Send emails that are due on their way again, and drop the stale ones; return how many were due."""
    QueuedEmail.objects.filter(created_at__lt=now - DROPPED_AFTER).delete()
    due = list(QueuedEmail.objects.filter(due_at__lte=now).order_by("due_at")[:most])
    for queued in due:
        commands.schedule(SEND_EMAIL, {"email_id": str(queued.id)})
    return len(due)

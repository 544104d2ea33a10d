"""Operations on queued e-mails: queued with their cause, sent by a command, and retried by a sweep.

An e-mail is queued whether or not its address has an account, so neither the response nor the time that it
takes reveals that. The command finds the account.
"""

from datetime import datetime, timedelta
from uuid import UUID

from auth_service.accounts.models import QueuedEmail
from shared_events.outbox import commands

#: The name of the task that sends a queued e-mail; `tasks.py` defines it.
SEND_EMAIL = "accounts.send_email"
#: An e-mail that wasn't sent by then is out of date.
DROPPED_AFTER = timedelta(hours=1)
#: How long a task may take to send an e-mail, and how long until the next try.
_NEXT_TRY_AFTER = timedelta(seconds=30)


def queue_email(*, kind: QueuedEmail.Kind, email: str, now: datetime) -> None:
    """Queue an e-mail of this kind to the address; it is sent where the address has an account."""
    queued = QueuedEmail.objects.create(kind=kind, email=email, created_at=now, due_at=now + _NEXT_TRY_AFTER)
    commands.schedule(SEND_EMAIL, {"email_id": str(queued.id)})


def claim_email(*, email_id: UUID, now: datetime) -> QueuedEmail | None:
    """Return the e-mail for sending; None where it was sent already, or another task is sending it."""
    queued = QueuedEmail.objects.select_for_update(skip_locked=True).filter(id=email_id).first()
    if queued is None or (queued.tries and queued.due_at > now):
        return None
    queued.tries += 1
    queued.due_at = now + _NEXT_TRY_AFTER * queued.tries
    queued.save(update_fields=["tries", "due_at"])
    return queued


def delete_email(*, email_id: UUID) -> None:
    """Delete an e-mail that was sent, or whose address has no account."""
    QueuedEmail.objects.filter(id=email_id).delete()


def send_due_emails(*, now: datetime, most: int) -> int:
    """Schedule e-mails that are due again, and delete out-of-date ones; return how many were due."""
    QueuedEmail.objects.filter(created_at__lt=now - DROPPED_AFTER).delete()
    due = list(QueuedEmail.objects.filter(due_at__lte=now).order_by("due_at")[:most])
    for queued in due:
        commands.schedule(SEND_EMAIL, {"email_id": str(queued.id)})
    return len(due)

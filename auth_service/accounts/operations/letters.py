"""Letters to people: written down with what causes them, sent by a command, with a sweep behind it.

A request for a letter to an address is written down whether or not anybody has that address: the answer, and
the time it takes, tell nothing. The command finds out.
"""

from datetime import datetime, timedelta
from uuid import UUID

from auth_service.accounts.models import Letter
from shared_events import commands

#: The task that sends a letter; `tasks.py` defines it.
SEND_LETTER = "accounts.send_letter"
#: What wasn't sent by then says something stale.
DROPPED_AFTER = timedelta(hours=1)
#: How long one who sends a letter has for it, and how long until the next try.
_NEXT_TRY_AFTER = timedelta(seconds=30)


def write_letter(*, kind: Letter.Kind, email: str, now: datetime) -> None:
    """Have a letter of this kind sent to the address, where it has an account."""
    letter = Letter.objects.create(kind=kind, email=email, created_at=now, due_at=now + _NEXT_TRY_AFTER)
    commands.schedule(SEND_LETTER, {"letter_id": str(letter.id)})


def take_letter(*, letter_id: UUID, now: datetime) -> Letter | None:
    """Take a letter to send it; None where it is gone, or somebody else has it in hand."""
    letter = Letter.objects.select_for_update(skip_locked=True).filter(id=letter_id).first()
    if letter is None or (letter.tries and letter.due_at > now):
        return None
    letter.tries += 1
    letter.due_at = now + _NEXT_TRY_AFTER * letter.tries
    letter.save(update_fields=["tries", "due_at"])
    return letter


def forget_letter(*, letter_id: UUID) -> None:
    """It is sent, or there is nobody to send it to."""
    Letter.objects.filter(id=letter_id).delete()


def send_due_letters(*, now: datetime, most: int) -> int:
    """Send letters that are due on their way again, and drop the stale ones; return how many were due."""
    Letter.objects.filter(created_at__lt=now - DROPPED_AFTER).delete()
    due = list(Letter.objects.filter(due_at__lte=now).order_by("due_at")[:most])
    for letter in due:
        commands.schedule(SEND_LETTER, {"letter_id": str(letter.id)})
    return len(due)

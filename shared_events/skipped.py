"""Positions that an operator has skipped by resuming a stream elsewhere than where it stopped.

They stay listed, on the health page too, until an operator has dealt with their effects and settles them.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared_events.envelope import RawEnvelope, dump, load
from shared_events.errors import storable
from shared_events.inbox.received import received_events
from shared_events.models import SkippedRange


class NotSettled(ValueError):
    """What was skipped is settled once, and with a reason."""


def note(stream: str, *, read: int, resumed: int, lost: list[RawEnvelope]) -> SkippedRange | None:
    """Write down that a stream that was read up to `read` goes on after `resumed`; None where it stays there.

    `lost` is what was received after `resumed`. Call it in the transaction that moves the cursor.
    """
    if read == resumed:
        return None
    return SkippedRange.objects.create(
        stream=stream,
        first_position=min(read, resumed) + 1,
        last_position=max(read, resumed),
        was_applied=read > resumed,
        events=dump(lost),
    )


def open_ranges() -> QuerySet[SkippedRange]:
    """Return what is not settled yet, oldest first."""
    return SkippedRange.objects.filter(settled_at=None).order_by("id")


def lost_events(skipped: SkippedRange) -> Iterator[RawEnvelope]:
    """Yield the events that were received, and haven't come again in the log that counts now."""
    again = {event.id for event in received_events(skipped.stream, after=skipped.first_position - 1)}
    yield from (event for event in load(skipped.events) if event.id not in again)


def settle(skipped_id: int, *, reason: str, by: str) -> SkippedRange:
    """Say that what was skipped is looked after: who, when and why is kept. Raises NotSettled."""
    if not reason.strip():
        raise NotSettled("Say what was done about it: the reason is kept")
    with transaction.atomic():
        skipped = SkippedRange.objects.select_for_update().filter(id=skipped_id, settled_at=None).first()
        if skipped is None:
            raise NotSettled(f"There is nothing skipped under {skipped_id}, or it is settled already")
        skipped.settled_at, skipped.reason, skipped.settled_by = timezone.now(), storable(reason), by[:200]
        skipped.save()
    return skipped

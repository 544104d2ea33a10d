"""What a service's readiness page says of its events."""

from django.utils import timezone

from shared_events import skipped
from shared_events.models import Cursor, ParkedEvent
from shared_events.outbox import lease
from shared_events.outbox.relay import oldest_unpublished, unpublished

#: By then, in seconds, a relay at work has what was recorded confirmed, or the broker confirms nothing.
LATE = 15.0


def streams() -> str:
    """Describe lag, what is unpublished and why, dead letters, halted streams, and what was skipped.

    None of them makes the process unready: it can serve its visitors, and taking it away would help nobody.
    No web process asks the broker: what it knows of it is what the relay leaves in this database.
    """
    cursors = list(Cursor.objects.all())
    lag = sum(cursor.head - cursor.position for cursor in cursors)
    dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()
    told = [f"lag {lag}", f"unpublished {unpublished()}{_since_when()}", f"dead letters {dead}"]
    told += [f"HALTED: {cursor.stream} ({cursor.halt_reason})" for cursor in cursors if cursor.halted_at]
    told += [f"SKIPPED: {one}, see `manage skipped_events`" for one in skipped.open_ranges()]
    return ", ".join(told)


def _since_when() -> str:
    """Return how long the oldest has waited, and whose fault that is."""
    oldest, away = oldest_unpublished(), lease.free_for()
    seconds = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    age = f" for {seconds:.0f} s" if oldest else ""
    if away is not None:
        return f"{age}: NO RELAY IS AT WORK"
    return f"{age}: THE BROKER CONFIRMS NOTHING, though a relay is at work" if seconds > LATE else age

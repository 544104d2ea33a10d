"""What a service's readiness page says of its events."""

from django.utils import timezone

from shared_events import lease
from shared_events.models import Cursor, ParkedEvent
from shared_events.relay import oldest_unpublished, unpublished


def streams() -> str:
    """Describe lag, dead letters, halted streams, and a relay that is away.

    None of them makes the process unready: it can serve its visitors, and taking it away would help nobody.
    """
    cursors = list(Cursor.objects.all())
    lag = sum(cursor.head - cursor.position for cursor in cursors)
    oldest = oldest_unpublished()
    dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()
    age = f" for {(timezone.now() - oldest).total_seconds():.0f} s" if oldest else ""
    told = [f"lag {lag}, unpublished {unpublished()}{age}, dead letters {dead}"]
    told += [f"HALTED: {cursor.stream} ({cursor.halt_reason})" for cursor in cursors if cursor.halted_at]
    relay_away = lease.free_for()
    if relay_away is not None:
        told.append(f"NO RELAY for {relay_away:.0f} s")
    return ", ".join(told)

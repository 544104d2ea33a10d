"""What a service's readiness page says of its events."""

from django.utils import timezone

from shared_events.models import Cursor, ParkedEvent
from shared_events.relay import oldest_unpublished, unpublished


def streams() -> str:
    """Describe lag, dead letters and halted streams.

    None of them makes the process unready: it can serve its visitors, and taking it away would help nobody.
    """
    cursors = list(Cursor.objects.all())
    halted = [cursor.stream for cursor in cursors if cursor.halted_at]
    lag = sum(cursor.head - cursor.position for cursor in cursors)
    oldest = oldest_unpublished()
    dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()
    age = f" for {(timezone.now() - oldest).total_seconds():.0f} s" if oldest else ""
    detail = f"lag {lag}, unpublished {unpublished()}{age}, dead letters {dead}"
    return f"{detail}, HALTED: {', '.join(halted)}" if halted else detail

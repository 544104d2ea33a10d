"""What a service's readiness page says of its events."""

from django.db.models.functions import Now
from django.utils import timezone

from shared_events.models import Cursor, ParkedEvent, RelayLease
from shared_events.relay import oldest_unpublished, unpublished

#: Within these seconds an event is on its way as usual.
SOON = 10.0


def streams() -> str:
    """Describe lag, dead letters and halted streams.

    None of them makes the process unready: it can serve its visitors, and taking it away would help nobody.
    The broker itself isn't asked, as no web process ever does.
    """
    cursors = list(Cursor.objects.all())
    halted = [cursor.stream for cursor in cursors if cursor.halted_at]
    lag = sum(cursor.head - cursor.position for cursor in cursors)
    oldest = oldest_unpublished()
    dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()
    age = _waiting((timezone.now() - oldest).total_seconds()) if oldest else ""
    detail = f"lag {lag}, unpublished {unpublished()}{age}, dead letters {dead}"
    return f"{detail}, HALTED: {', '.join(halted)}" if halted else detail


def _waiting(seconds: float) -> str:
    """Say for how long events have waited, and for whom, as far as this service's own database can tell."""
    age = f" for {seconds:.0f} s"
    if seconds < SOON:
        return age
    if RelayLease.objects.filter(holder__isnull=False, expires_at__gt=Now()).exists():
        return f"{age} (a relay is at work: the broker confirms nothing, or too slowly)"
    return f"{age} (no relay is at work)"

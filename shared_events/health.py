"""Checks for a service's readiness page. Each returns a detail and raises when the check fails."""

from shared_events.models import Cursor, ParkedEvent
from shared_events.relay import unpublished


class StreamHalted(Exception):
    """A stream is halted: its publisher's log was replaced."""


def streams() -> str:
    """Describe lag and dead letters. Raises StreamHalted."""
    halted = [cursor.stream for cursor in Cursor.objects.filter(halted_at__isnull=False)]
    if halted:
        raise StreamHalted(", ".join(halted))
    lag = sum(cursor.head - cursor.position for cursor in Cursor.objects.all())
    dead = ParkedEvent.objects.filter(dead_at__isnull=False).count()
    return f"lag {lag}, unpublished {unpublished()}, dead letters {dead}"

"""What a service's readiness page says of its events."""

from shared_events.status import EventStatus, read_status

#: By then, in seconds, a relay at work has what was recorded confirmed, or the broker confirms nothing.
LATE = 15.0


def streams() -> str:
    """Describe lag, what is unpublished and why, dead letters, halted streams, and what was skipped.

    None of them makes the process unready: it can still serve requests, and removing it would mend nothing.
    No web process connects to the broker: it reads what the relay writes about it to this database.
    """
    status = read_status()
    parts = [
        f"lag {status.lag_events}",
        f"unpublished {status.unpublished_events}{_since_when(status)}",
        f"dead letters {status.dead_letters}",
    ]
    parts += [f"HALTED: {stream.stream} ({stream.halt_reason})" for stream in status.halted]
    parts += [f"SKIPPED: {one.description}, see `manage events skipped`" for one in status.skipped]
    return ", ".join(parts)


def _since_when(status: EventStatus) -> str:
    """Return how long the oldest has waited, and whose fault that is."""
    oldest = status.oldest_unpublished_seconds
    age = "" if oldest is None else f" for {oldest:.0f} s"
    if not status.lease.is_held:
        return f"{age}: NO RELAY IS AT WORK"
    late = oldest is not None and oldest > LATE
    return f"{age}: THE BROKER CONFIRMS NOTHING, though a relay is at work" if late else age

"""Show how far this service is behind each stream that it follows, and what waits or failed.

`behind` counts the positions that messages of the publisher have named; it may have more. The publisher's
`events status --subscriber STREAM:POSITION` is exact. Exit code 1 while a stream is halted.
"""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.management.events.tables import aligned
from shared_events.status import EventStatus, FollowedStatus, read_status

_FOLLOWED = ("follows", "position", "behind")
_PUBLISHED = ("publishes", "in the log", "archived", "unpublished", "oldest")


def add_arguments(parser: CommandParser) -> None:
    """Take nothing."""


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print it. Raises CommandError where a stream is halted."""
    status = read_status()
    if status.followed:
        out.write(aligned([_FOLLOWED, *map(_followed, status.followed)]) + "\n")
    if status.published:
        out.write(aligned([_PUBLISHED, *_published(status)]) + "\n")
    out.write(f"parked events: {status.parked_events:,}, dead letters: {status.dead_letters:,}")
    if status.halted:
        names = ", ".join(stream.stream for stream in status.halted)
        raise CommandError(f"Halted: {names}; `events resume --help` says how to go on")


def _followed(stream: FollowedStatus) -> tuple[str, ...]:
    behind = "halted" if stream.is_halted else f"{stream.lag_events:,}"
    return stream.stream, f"{stream.position:,}", behind


def _published(status: EventStatus) -> Iterator[tuple[str, ...]]:
    for stream in status.published:
        counts = (stream.logged_events, stream.archived_events, stream.unpublished_events)
        age = stream.oldest_unpublished_seconds
        yield stream.stream, *(f"{count:,}" for count in counts), "" if age is None else f"{age:.1f} s"

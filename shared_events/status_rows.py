"""The rows behind the numbers of `status`, for lists that a number leads to."""

from django.db.models import F, Q, QuerySet

from shared_events.models import Cursor, LoggedEvent, ParkedEvent, PublishedStream


def unpublished(rows: QuerySet[LoggedEvent]) -> QuerySet[LoggedEvent]:
    """Return the events above their stream's confirmed position, and those without a position."""
    confirmed = dict(PublishedStream.objects.values_list("stream", "published"))
    condition = Q(position__isnull=True) | ~Q(stream__in=confirmed)
    for stream, position in confirmed.items():
        condition |= Q(stream=stream, position__gt=position)
    return rows.filter(condition)


def behind(rows: QuerySet[Cursor]) -> QuerySet[Cursor]:
    """Return the cursors that haven't reached what they have seen of their stream."""
    return rows.filter(head__gt=F("position"))


def halted(rows: QuerySet[Cursor]) -> QuerySet[Cursor]:
    """Return the cursors of halted streams."""
    return rows.filter(halted_at__isnull=False)


def dead_letters(rows: QuerySet[ParkedEvent]) -> QuerySet[ParkedEvent]:
    """Return the events that wait for a person."""
    return rows.filter(dead_at__isnull=False)


def retried(rows: QuerySet[ParkedEvent]) -> QuerySet[ParkedEvent]:
    """Return the events that are tried again by themselves, and those behind one."""
    return rows.filter(dead_at__isnull=True)

"""Feeding a handler the past: of types that the cursor has passed without it, or all of it once more.

While that lasts, the cursor goes on for all other handlers and passes over the handler. The handler has a
position of its own; once that has met the cursor's, under the cursor's lock, it receives new events like the
others.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.db import transaction

from shared_events.envelope import RawEnvelope, load
from shared_events.inbox import cursors
from shared_events.inbox.subscriptions import Subscription, Wants, handled_types, subscriptions
from shared_events.models import Backfill, Cursor, UnhandledType

logger = logging.getLogger(__name__)


class UnknownHandler(LookupError):
    """No handler of this service, or more than one, has that name."""


@dataclass(frozen=True, kw_only=True)
class BackfillBatch:
    """Events of some types of a stream: all that lie after one position and up to another."""

    stream: str
    events: list[RawEnvelope]
    after: int
    upto: int

    def singles(self) -> "Iterator[BackfillBatch]":
        """Yield each of its events by itself, and in the end that nothing follows them."""
        for event in self.events:
            yield BackfillBatch(stream=self.stream, events=[event], after=self.after, upto=event.position)
        yield BackfillBatch(stream=self.stream, events=[], after=self.after, upto=self.upto)


def backfill_from_wire(stream: str, events: str, after: int, upto: int) -> BackfillBatch:
    """Decode a message. Raises ValueError or TypeError when it isn't the past of `stream`, in order."""
    envelopes = load(events)
    positions = [after, *(event.position for event in envelopes), upto + 1]
    if any(first >= second for first, second in pairwise(positions)):
        raise ValueError(f"positions aren't in order: {positions[:10]}")
    if any(event.stream != stream for event in envelopes):
        raise ValueError(f"an envelope isn't of the stream {stream}")
    return BackfillBatch(stream=stream, events=envelopes, after=after, upto=upto)


def lock_cursor(stream: str) -> Cursor:
    """Lock the cursor for this code, which may have other handlers than the code that moved it last."""
    cursor = cursors.lock(stream)
    handled = " ".join(handled_types(stream))
    if cursor.handled_types != handled:
        _note_handled_types(cursor, handled)
    return cursor


def begin_where_needed(streams: Iterable[str]) -> None:
    """Note, as a worker starts, which handlers have missed what their cursors have passed."""
    for stream in streams:
        cursors.make(stream)
        with transaction.atomic():
            lock_cursor(stream)


def wants_of(cursor: Cursor) -> Wants:
    """Return which handlers the cursor feeds: all but those that it passes over."""
    lines = (line.split(" ") for line in cursor.backfilled.splitlines())
    passed_over = {(line[0], line[1]) for line in lines}
    return lambda subscription, _: (subscription.type, subscription.name) not in passed_over


def wants_of_backfill(rows: Iterable[Backfill]) -> Wants:
    """Return which handlers are fed the past: each only what lies after its own position."""
    positions = {(row.type, row.handler): row.position for row in rows}

    def wants(subscription: Subscription, envelope: RawEnvelope) -> bool:
        position = positions.get((subscription.type, subscription.name))
        return position is not None and position < envelope.position

    return wants


def rows_of(past: BackfillBatch) -> list[Backfill]:
    """Return the backfills that go on where this past begins."""
    return list(Backfill.objects.filter(stream=past.stream, position__gte=past.after))


def advance(rows: Iterable[Backfill], cursor: Cursor, upto: int) -> None:
    """Move backfills to a position; those that have met the locked cursor are over."""
    for row in rows:
        row.position = max(row.position, min(upto, cursor.position))
        row.requested_at = row.attempt_position = None
        row.attempts = 0
        if row.position < cursor.position:
            row.save()
        else:
            logger.info("%s has had %s up to %d", row.handler, row.type, row.position)
            row.delete()
    _note_backfills(cursor)


def rebuild(handler: str) -> list[Backfill]:
    """Begin to feed a handler, given by its name or the end of it, all of its events once more.

    The handler must bear that: what it writes is made anew, or takes only what is newer. Raises
    UnknownHandler.
    """
    known = [each for of_type in subscriptions().values() for each in of_type]
    called = [each for each in known if f".{each.name}".endswith(f".{handler}")]
    if len({each.name for each in called}) != 1:
        names = ", ".join(sorted({each.name for each in known}))
        raise UnknownHandler(f"{handler!r} must be the name, or the end of the name, of one of: {names}")
    begun = []
    with transaction.atomic():
        for each in sorted(called, key=lambda each: each.type):
            cursor = cursors.lock(each.contract.stream())
            begun.append(_begin(cursor.stream, each, 0))
            _note_backfills(cursor)
    return begun


def _note_handled_types(cursor: Cursor, handled: str) -> None:
    """Note what the running code handles; begin to feed it what the cursor has passed without it.

    An older worker that comes back, as in a release, does the same: then the newer one begins where it
    stopped.
    """
    new = set(handled.split())
    old = new if cursor.handled_types is None else set(cursor.handled_types.split())
    unhandled = UnhandledType.objects.filter(stream=cursor.stream)
    for wire_type in old - new:
        unhandled.update_or_create(
            stream=cursor.stream, type=wire_type, defaults={"position": cursor.position}
        )
    for wire_type in sorted(new - old):
        handled_upto = unhandled.filter(type=wire_type).values_list("position", flat=True).first() or 0
        if handled_upto < cursor.position:
            for subscription in subscriptions()[wire_type]:
                _begin(cursor.stream, subscription, handled_upto)
        unhandled.filter(type=wire_type).delete()
    cursor.handled_types = handled
    _note_backfills(cursor)


def _begin(stream: str, subscription: Subscription, position: int) -> Backfill:
    backfill, _ = Backfill.objects.get_or_create(
        stream=stream,
        type=subscription.type,
        handler=subscription.name,
        defaults={"position": position},
    )
    if backfill.position > position:
        backfill.position, backfill.attempt_position, backfill.attempts = position, None, 0
        backfill.save()
    logger.info("%s is fed what it hasn't had of %s after %d", backfill.handler, backfill.type, position)
    return backfill


def _note_backfills(cursor: Cursor) -> None:
    """Write down beside the locked cursor which handlers it passes over."""
    rows = Backfill.objects.filter(stream=cursor.stream).order_by("type", "handler")
    cursor.backfilled = "\n".join(f"{row.type} {row.handler}" for row in rows)
    cursor.save(update_fields=["handled_types", "backfilled"])

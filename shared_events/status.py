"""The state of a service's events as an operator sees it: the one place that computes it.

Health pages, the admin and the management commands all read it here. Each statement is cheap on a log of
millions of events: positions have no gaps, so most counts are differences of positions, which indexes give.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from shared_events import skipped
from shared_events.inbox.subscriptions import followed_streams
from shared_events.models import ParkedEvent
from shared_events.settings import event_settings


@dataclass(frozen=True, kw_only=True)
class PublishedStatus:
    """A stream of this service's own. `head` is the highest position given, `last_id` the event there.

    `published` is the position up to which the broker has confirmed, as the relay noted it last. An event
    without a position is unsequenced; it is unpublished, too.
    """

    stream: str
    head: int
    last_id: UUID | None
    published: int
    logged_events: int
    archived_events: int
    unsequenced_events: int
    unpublished_events: int
    oldest_unpublished_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class FollowedStatus:
    """Another service's stream, as it is applied here up to `position`, the event `last_id`.

    `head` is the highest position that messages of its publisher have named: the publisher may have more.
    `catch_up_seconds` is the age of the last catch-up request, None once events have come since; where
    nothing is missing, none come. `backfills` says how many handlers are being fed the stream's past,
    `halted_seconds` for how long it has been halted.
    """

    stream: str
    position: int
    last_id: UUID | None
    head: int
    lag_events: int
    catch_up_seconds: float | None
    backfills: int
    halted_seconds: float | None
    halt_reason: str

    @property
    def is_halted(self) -> bool:
        """Whether this service has stopped following it until a person has looked."""
        return self.halted_seconds is not None


@dataclass(frozen=True, kw_only=True)
class LeaseStatus:
    """The relay's lease. `holder` is who has it, or had it when it ran out; None once it was released.

    `free_seconds` says for how long no relay has held it: None while one does, and where none ever did.
    """

    holder: UUID | None
    is_held: bool
    free_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class SkippedStatus:
    """Positions that `events resume --from` left behind, and that are not settled yet."""

    id: int
    stream: str
    first_position: int
    last_position: int
    was_applied: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class SubscriberLag:
    """How far a subscriber that has applied `position` is behind a stream of this service.

    `lag_seconds` is the age of the oldest event that it hasn't applied, None where it has all.
    """

    stream: str
    position: int
    lag_events: int
    lag_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class EventStatus:
    """Everything at once. Ages are in seconds, and None where there is nothing that has an age.

    `parked_events` are tried again by themselves, or wait behind one that is; `dead_letters` wait for a
    person. `unsent_commands` wait for the broker.
    """

    published: tuple[PublishedStatus, ...]
    followed: tuple[FollowedStatus, ...]
    lease: LeaseStatus
    unsent_commands: int
    oldest_unsent_command_seconds: float | None
    parked_events: int
    oldest_parked_event_seconds: float | None
    dead_letters: int
    oldest_dead_letter_seconds: float | None
    skipped: tuple[SkippedStatus, ...]

    @property
    def lag_events(self) -> int:
        """How many positions the followed streams are behind in all, as far as messages have named them."""
        return sum(stream.lag_events for stream in self.followed)

    @property
    def halted(self) -> tuple[FollowedStatus, ...]:
        """The followed streams that are halted."""
        return tuple(stream for stream in self.followed if stream.is_halted)

    @property
    def unpublished_events(self) -> int:
        """How many events the broker hasn't confirmed, over all streams."""
        return sum(stream.unpublished_events for stream in self.published)

    @property
    def oldest_unpublished_seconds(self) -> float | None:
        """The age of the oldest of these."""
        ages = [stream.oldest_unpublished_seconds for stream in self.published]
        return max((age for age in ages if age is not None), default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, sums included, as `manage events status --json` prints it."""
        return {
            "service": event_settings().service,
            "lag_events": self.lag_events,
            "halted_streams": len(self.halted),
            "unpublished_events": self.unpublished_events,
            "oldest_unpublished_seconds": self.oldest_unpublished_seconds,
            **asdict(self),
        }


def read_status() -> EventStatus:
    """Return the state of this service's events, in four statements. Raises django.db.Error."""
    streams = {"streams": [*event_settings().publishes], "followed": followed_streams()}
    [waiting] = _rows(_WAITING)
    held = ("holder", "is_held", "free_seconds")
    return EventStatus(
        published=tuple(PublishedStatus(**row) for row in _rows(_PUBLISHED, streams)),
        followed=tuple(FollowedStatus(**row) for row in _rows(_FOLLOWED, streams)),
        lease=LeaseStatus(**{name: waiting.pop(name) for name in held}),
        skipped=tuple(_skipped_status()),
        **waiting,
    )


def read_lease() -> LeaseStatus:
    """Return who holds the relay's lease, by the database's clock."""
    [row] = _rows(_LEASE)
    return LeaseStatus(**row)


def read_subscriber_lag(published: PublishedStatus, position: int) -> SubscriberLag:
    """Return how far a subscriber that has applied `position` of one of this service's streams is behind."""
    [row] = _rows(_FIRST_AFTER, {"stream": published.stream, "position": position})
    behind = max(published.head - position, 0) + published.unsequenced_events
    return SubscriberLag(stream=published.stream, position=position, lag_events=behind, **row)


def count_waiting_behind(rows: QuerySet[ParkedEvent]) -> QuerySet[ParkedEvent]:
    """Annotate parked events with `waiting_behind`: how many later events of the aggregate are parked."""
    later = ParkedEvent.objects.filter(
        stream=OuterRef("stream"),
        aggregate_id=OuterRef("aggregate_id"),
        position__gt=OuterRef("position"),
    )
    counted = later.order_by().values("aggregate_id").annotate(count=Count("*")).values("count")
    return rows.annotate(waiting_behind=Coalesce(Subquery(counted), 0))


def _skipped_status() -> Iterable[SkippedStatus]:
    for row in skipped.open_ranges().defer("events"):
        yield SkippedStatus(
            id=row.id,
            stream=row.stream,
            first_position=row.first_position,
            last_position=row.last_position,
            was_applied=row.was_applied,
            description=str(row),
        )


def _rows(query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _age(moment: str) -> str:
    """Return the SQL for the seconds since a moment: NULL for NULL, and never below 0."""
    seconds = f"extract(epoch FROM clock_timestamp() - {moment})::float"
    return f"CASE WHEN {moment} IS NOT NULL THEN greatest({seconds}, 0) END"


# What is unsequenced has an index of its own, and so have a stream's positions.
_PUBLISHED = f"""
    WITH unsequenced AS (
        SELECT stream, count(*) AS events, min(occurred_at) AS oldest
        FROM shared_events_loggedevent WHERE position IS NULL GROUP BY stream
    ), streams AS (
        SELECT stream, coalesce(published, 0) AS published, coalesce(events, 0) AS events, oldest
        FROM (
            SELECT unnest(%(streams)s::text[]) AS stream UNION SELECT stream FROM unsequenced
            UNION SELECT stream FROM shared_events_publishedstream
        ) AS known
        LEFT JOIN shared_events_publishedstream USING (stream) LEFT JOIN unsequenced USING (stream)
    )
    SELECT streams.stream, coalesce(newest.position, archived.position, 0) AS head,
           coalesce(newest.event_id, archived.event_id) AS last_id, published,
           greatest(newest.position - coalesce(archived.position, 0), 0) + events AS logged_events,
           coalesce(archived.position, 0) AS archived_events, events AS unsequenced_events,
           greatest(coalesce(newest.position, 0) - published, 0) + events AS unpublished_events,
           {_age("least(oldest, unconfirmed.occurred_at)")} AS oldest_unpublished_seconds
    FROM streams
    LEFT JOIN LATERAL (
        SELECT position, event_id FROM shared_events_loggedevent AS event
        WHERE event.stream = streams.stream AND position IS NOT NULL ORDER BY position DESC LIMIT 1
    ) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT position, event_id FROM shared_events_archivedevent AS event
        WHERE event.stream = streams.stream ORDER BY position DESC LIMIT 1
    ) AS archived ON true
    LEFT JOIN LATERAL (
        SELECT occurred_at FROM shared_events_loggedevent AS event
        WHERE event.stream = streams.stream AND position > published ORDER BY position LIMIT 1
    ) AS unconfirmed ON true
    ORDER BY streams.stream
"""  # noqa: S608 (our own names)
_FOLLOWED = f"""
    SELECT stream, coalesce(position, 0) AS position, last_id, coalesce(head, 0) AS head,
           greatest(coalesce(head - position, 0), 0) AS lag_events,
           {_age("catch_up_requested_at")} AS catch_up_seconds,
           (SELECT count(*) FROM shared_events_backfill AS fed WHERE fed.stream = known.stream) AS backfills,
           {_age("halted_at")} AS halted_seconds, coalesce(halt_reason, '') AS halt_reason
    FROM (
        SELECT unnest(%(followed)s::text[]) AS stream UNION SELECT stream FROM shared_events_cursor
    ) AS known
    LEFT JOIN shared_events_cursor USING (stream) ORDER BY stream
"""  # noqa: S608 (our own names)
_LEASE = f"""
    SELECT holder, is_held, CASE WHEN NOT is_held THEN {_age("expires_at")} END AS free_seconds
    FROM (
        SELECT holder, expires_at, holder IS NOT NULL AND expires_at > clock_timestamp() AS is_held
        FROM (SELECT) AS always LEFT JOIN shared_events_relaylease ON id = 1
    ) AS lease
"""  # noqa: S608 (our own names)
_WAITING = f"""
    SELECT commands.*, parked.*, lease.*
    FROM (
        SELECT count(*) AS unsent_commands, {_age("min(created_at)")} AS oldest_unsent_command_seconds
        FROM shared_events_outgoingcommand
    ) AS commands, (
        SELECT count(*) FILTER (WHERE dead_at IS NULL) AS parked_events,
               {_age("min(parked_at) FILTER (WHERE dead_at IS NULL)")} AS oldest_parked_event_seconds,
               count(dead_at) AS dead_letters, {_age("min(dead_at)")} AS oldest_dead_letter_seconds
        FROM shared_events_parkedevent
    ) AS parked, ({_LEASE}) AS lease
"""  # noqa: S608 (our own names)
_FIRST_AFTER = f"""
    SELECT {_age("coalesce(archived, logged, unsequenced)")} AS lag_seconds
    FROM (
        SELECT (SELECT occurred_at FROM shared_events_archivedevent
                WHERE stream = %(stream)s AND position > %(position)s ORDER BY position LIMIT 1) AS archived,
               (SELECT occurred_at FROM shared_events_loggedevent
                WHERE stream = %(stream)s AND position > %(position)s ORDER BY position LIMIT 1) AS logged,
               (SELECT min(occurred_at) FROM shared_events_loggedevent
                WHERE stream = %(stream)s AND position IS NULL) AS unsequenced
    ) AS first
"""  # noqa: S608 (our own names)

"""The tables behind the protocol: what this service published and received, and what it could not apply."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast, Now
from django.utils import timezone

from shared_events.context import CORRELATION_LENGTH, TRACEPARENT_LENGTH


class StoredEvent(models.Model):
    """What is kept of an event, in the log and in its archive."""

    stream = models.CharField(max_length=64)
    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=128)
    schema_version = models.PositiveIntegerField()
    aggregate_id = models.UUIDField()
    version = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=CORRELATION_LENGTH)
    causation_id = models.UUIDField(null=True)
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True)
    data = models.JSONField()
    #: The size of `data` as JSON: messages and pages are bounded by it.
    data_bytes = models.GeneratedField(
        expression=Func(Cast(F("data"), models.TextField()), function="octet_length"),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"  # type: ignore[attr-defined]  # both have one


class LoggedEvent(StoredEvent):
    """One row of the event log. `position` stays empty until the relay gives it."""

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "event"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position"], name="event_position_unique"),
            # What was archived counts too: a trigger looks there.
            models.UniqueConstraint(
                fields=["stream", "aggregate_id", "version"], name="event_aggregate_version_unique"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_unsequenced"),
            models.Index(fields=["correlation_id"], name="event_correlation"),
        ]


class ArchivedEvent(StoredEvent):
    """An old event that was moved out of the log. Catch-up reads it as if it were still there."""

    id = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position"], name="archived_position_unique"),
            models.UniqueConstraint(
                fields=["stream", "aggregate_id", "version"], name="archived_aggregate_version_unique"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["aggregate_id", "version"], name="archived_aggregate"),
            models.Index(fields=["correlation_id"], name="archived_correlation"),
        ]


class PublishedStream(models.Model):
    """How far this service's own stream was confirmed by the broker; the relay notes it now and then."""

    stream = models.CharField(max_length=64, primary_key=True)
    published = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.stream} {self.published}"


class RelayLease(models.Model):
    """Who may publish: one row. Each change of hands raises the fence, so a late relay writes nothing."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    holder = models.UUIDField(null=True)
    fence = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"fence {self.fence}"


class OutgoingCommand(models.Model):
    """A Celery task to be sent by the relay, written in the transaction that wants it."""

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=128)
    kwargs = models.JSONField()
    at = models.DateTimeField(null=True)
    correlation_id = models.CharField(max_length=CORRELATION_LENGTH)
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.task


class Cursor(models.Model):
    """How far this service has applied another service's stream. It only moves together with the effects."""

    stream = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    #: When it was made, or last moved by a person. What was recorded before is the past, and isn't late.
    follows_since = models.DateTimeField(db_default=Now())
    #: The highest position that the publisher has reported.
    head = models.BigIntegerField(default=0)
    catch_up_requested_at = models.DateTimeField(null=True)
    #: The event that was being tried one by one, and how often that was begun.
    attempt_position = models.BigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    halted_at = models.DateTimeField(null=True)
    halt_reason = models.TextField(blank=True)
    #: The event types that the worker that moved it last handles, sorted; null before any was written.
    handled_types = models.TextField(null=True)
    #: The handlers that it passes over since a backfill feeds them, a line "<type> <handler>" for each.
    backfilled = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.stream} {self.position}/{self.head}"


class UnhandledType(models.Model):
    """A type that a cursor goes on without, for no code had a handler for it any more.

    `position` is how far it was handled. If a handler comes back, it is fed what came after.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    type = models.CharField(max_length=128)
    position = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "type"], name="unhandled_type_unique")
        ]

    def __str__(self) -> str:
        return f"{self.type} after {self.position}"


class Backfill(models.Model):
    """A handler that is fed the past of a type, up to `position` so far, until it has met the cursor."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    type = models.CharField(max_length=128)
    handler = models.CharField(max_length=200)
    position = models.BigIntegerField(default=0)
    requested_at = models.DateTimeField(null=True)
    #: The event at which a page was begun last, and by how many processes.
    attempt_position = models.BigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "type", "handler"], name="backfill_unique")
        ]

    def __str__(self) -> str:
        return f"{self.handler} of {self.type} after {self.position}"


class ReceivedBatch(models.Model):
    """Events as another service published them, kept for a while after they were applied.

    A publisher that was restored from a backup can have back what its log has lost.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    received_at = models.DateTimeField()
    events = models.TextField()

    class Meta:
        verbose_name_plural = "received batches"
        indexes: ClassVar = [
            models.Index(fields=["stream", "last_position"], name="received_by_position"),
            models.Index(fields=["received_at"], name="received_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}:{self.first_position}-{self.last_position}"


class SkippedRange(models.Model):
    """Positions that a person has left behind by having a stream go on elsewhere. Never deleted.

    Those that `was_applied` had taken effect here, from another log than the one that counts now; the others
    never took effect. `events` are those of them that were received, as far as they were kept.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    was_applied = models.BooleanField()
    events = models.TextField()
    skipped_at = models.DateTimeField(default=timezone.now)
    #: When a person has said that its consequences are looked after, who, and how.
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(settled_at__isnull=True), name="skipped_and_open")
        ]

    def __str__(self) -> str:
        what = "applied here, in another log now" if self.was_applied else "never applied"
        return f"{self.stream}:{self.first_position}-{self.last_position} ({what})"


class ParkedEvent(models.Model):
    """An event that could not be applied, or one that waits behind such an event of the same aggregate.

    With `next_try_at` it is tried again by itself; with `dead_at` it is a dead letter and waits for a person;
    with neither it waits behind an older one.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    position = models.BigIntegerField()
    aggregate_id = models.UUIDField()
    type = models.CharField(max_length=128)
    #: The handlers that it is for, a name on each line; empty for all handlers of its type.
    handlers = models.TextField(blank=True)
    #: JSON, as text: what can be sent can be kept.
    envelope = models.TextField()
    error = models.CharField(max_length=200, blank=True)
    traceback = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    #: How many processes have begun to try it since one has last seen how it ended.
    unfinished = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position", "handlers"], name="parked_position_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["stream", "aggregate_id", "position"], name="parked_aggregate"),
            models.Index(fields=["next_try_at"], name="parked_due", condition=Q(next_try_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"

    @property
    def state(self) -> str:
        """What it waits for: `dead` for a person, `retrying` for its next try, `waiting` for an older one."""
        return "dead" if self.dead_at else "retrying" if self.next_try_at else "waiting"


class DiscardedEvent(models.Model):
    """A parked event that a person has decided not to apply: who, when and why. Never deleted."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    position = models.BigIntegerField()
    aggregate_id = models.UUIDField()
    type = models.CharField(max_length=128)
    handlers = models.TextField(blank=True)
    envelope = models.TextField()
    error = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    discarded_by = models.CharField(max_length=200)
    discarded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"

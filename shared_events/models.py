"""The tables behind the protocol: what this service said, sent and heard, and what it could not apply."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class StoredEvent(models.Model):
    """What is kept of an event, in the log and in its archive."""

    stream = models.CharField(max_length=64)
    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=128)
    schema_version = models.PositiveIntegerField()
    aggregate_id = models.UUIDField()
    version = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=64)
    causation_id = models.UUIDField(null=True)
    traceparent = models.CharField(max_length=55, blank=True)
    data = models.JSONField()

    class Meta:
        abstract = True


class LoggedEvent(StoredEvent):
    """One row of the event log. `position` stays empty until the relay gives it."""

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "event"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position"], name="event_position_unique"),
            models.UniqueConstraint(
                fields=["aggregate_id", "version"], name="event_aggregate_version_unique"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_unsequenced"),
            models.Index(fields=["correlation_id"], name="event_correlation"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"


class ArchivedEvent(StoredEvent):
    """An old event that was moved out of the log. Catch-up reads it as if it were still there."""

    id = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position"], name="archived_position_unique")
        ]
        indexes: ClassVar = [models.Index(fields=["aggregate_id", "version"], name="archived_aggregate")]

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"


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
    correlation_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.task


class Cursor(models.Model):
    """How far this service has applied another service's stream. It only moves together with the effects."""

    stream = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    #: The highest position that the publisher was heard to have.
    head = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    #: The event that was being tried one by one, and how often that was begun.
    trying_position = models.BigIntegerField(null=True)
    trying_count = models.PositiveIntegerField(default=0)
    halted_at = models.DateTimeField(null=True)
    halt_reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.stream} {self.position}/{self.head}"


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
    envelope = models.JSONField()
    error = models.CharField(max_length=200, blank=True)
    traceback = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "position"], name="parked_position_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["stream", "aggregate_id", "position"], name="parked_aggregate"),
            models.Index(fields=["next_try_at"], name="parked_due", condition=Q(next_try_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stream}:{self.position} {self.type}"

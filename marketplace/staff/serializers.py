"""The shapes of the operators' API that all services have. They are shown in camelCase."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from service_defaults.camel_case import CamelCaseSerializer
from service_defaults.staff_api import ReasonInput
from shared_events.context import CORRELATION_LENGTH
from shared_events.envelope import from_text
from shared_events.models import ParkedEvent

#: JavaScript's largest whole number: no stream gets so far, and no sum of positions overflows.
_MAX_POSITION = 2**53 - 1
#: The model's words, in those of the API.
_STATES = {"dead": "dead", "retrying": "parked", "waiting": "waiting"}
PARKED_EVENT_STATES = list(_STATES.values())


class PublishedStreamOutput(CamelCaseSerializer):
    """A stream that the service publishes. Ages are in seconds."""

    stream = serializers.CharField()
    head = serializers.IntegerField(help_text="The highest position given")
    last_id = serializers.UUIDField(allow_null=True, help_text="The event there")
    published = serializers.IntegerField(help_text="The position up to which the broker has confirmed")
    logged_events = serializers.IntegerField()
    archived_events = serializers.IntegerField()
    unsequenced_events = serializers.IntegerField()
    unpublished_events = serializers.IntegerField()
    oldest_unpublished_seconds = serializers.FloatField(allow_null=True)


class FollowedStreamOutput(CamelCaseSerializer):
    """A stream of another service, as it is applied here."""

    stream = serializers.CharField()
    position = serializers.IntegerField(help_text="Applied up to here")
    last_id = serializers.UUIDField(allow_null=True)
    head = serializers.IntegerField(help_text="The highest position that was heard of")
    lag_events = serializers.IntegerField()
    catch_up_seconds = serializers.FloatField(allow_null=True)
    backfills = serializers.IntegerField()
    halted_seconds = serializers.FloatField(allow_null=True, help_text="For how long it has been halted")
    halt_reason = serializers.CharField()


class LostEventOutput(CamelCaseSerializer):
    """An event that was received, and that the publisher's log has no more."""

    position = serializers.IntegerField()
    type = serializers.CharField()
    aggregate_id = serializers.UUIDField()
    occurred_at = serializers.DateTimeField()


class FollowedStreamWithLossOutput(FollowedStreamOutput):
    """A followed stream, and what would be lost by resuming it from the position that was asked about."""

    lost = serializers.SerializerMethodField(help_text="The first 200, oldest first")
    lost_count = serializers.SerializerMethodField(help_text="How many there are in all")

    @extend_schema_field(LostEventOutput(many=True))
    def get_lost(self, _: object) -> Any:
        """The first of them."""
        return LostEventOutput(self.context["lost"].events, many=True).data

    def get_lost_count(self, _: object) -> int:
        """How many there are."""
        count: int = self.context["lost"].count
        return count


class LeaseOutput(CamelCaseSerializer):
    """The relay's lease."""

    holder = serializers.UUIDField(allow_null=True)
    is_held = serializers.BooleanField()
    free_seconds = serializers.FloatField(allow_null=True)


class SkippedRangeOutput(CamelCaseSerializer):
    """Positions that were left behind, and that nobody has settled yet."""

    id = serializers.IntegerField()
    stream = serializers.CharField()
    first_position = serializers.IntegerField()
    last_position = serializers.IntegerField()
    was_applied = serializers.BooleanField()
    description = serializers.CharField()


class EventStatusOutput(CamelCaseSerializer):
    """The state of a service's events. Ages are in seconds, null where there is nothing that has an age."""

    service = serializers.CharField()
    published = PublishedStreamOutput(many=True)
    followed = FollowedStreamOutput(many=True)
    lease = LeaseOutput()
    unsent_commands = serializers.IntegerField()
    oldest_unsent_command_seconds = serializers.FloatField(allow_null=True)
    parked_events = serializers.IntegerField()
    oldest_parked_event_seconds = serializers.FloatField(allow_null=True)
    dead_letters = serializers.IntegerField()
    oldest_dead_letter_seconds = serializers.FloatField(allow_null=True)
    skipped = SkippedRangeOutput(many=True)
    lag_events = serializers.IntegerField()
    halted_streams = serializers.IntegerField()
    unpublished_events = serializers.IntegerField()
    oldest_unpublished_seconds = serializers.FloatField(allow_null=True)


class ParkedEventOutput(CamelCaseSerializer):
    """A parked event: `dead` waits for a person, `parked` for its next try, `waiting` for an older event."""

    id = serializers.IntegerField()
    state = serializers.SerializerMethodField()
    stream = serializers.CharField()
    position = serializers.IntegerField()
    type = serializers.CharField()
    aggregate_id = serializers.UUIDField()
    tries = serializers.IntegerField()
    error = serializers.CharField(help_text="Empty where it waits for an older event")
    parked_at = serializers.DateTimeField()
    dead_at = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    waiting_behind = serializers.IntegerField(help_text="How many later events of the aggregate wait for it")
    handlers = serializers.SerializerMethodField(
        help_text="Those that it is for; empty for all of its type's"
    )

    @extend_schema_field(serializers.ChoiceField(choices=PARKED_EVENT_STATES))
    def get_state(self, row: ParkedEvent) -> str:
        """What it waits for."""
        return _STATES[row.state]

    def get_handlers(self, row: ParkedEvent) -> list[str]:
        """The handlers' names."""
        return row.handlers.splitlines()


class EnvelopeOutput(CamelCaseSerializer):
    """An event as it was received."""

    stream = serializers.CharField()
    position = serializers.IntegerField()
    id = serializers.UUIDField()
    type = serializers.CharField()
    schema_version = serializers.IntegerField()
    aggregate_id = serializers.UUIDField()
    version = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    correlation_id = serializers.CharField()
    causation_id = serializers.UUIDField(allow_null=True)
    traceparent = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field of the API's
    omitted_bytes = serializers.IntegerField(help_text="The size of data that no message could carry")


class ParkedEventWithEnvelopeOutput(ParkedEventOutput):
    """A parked event, with the end of its error's traceback and the event itself."""

    traceback = serializers.CharField()
    envelope = serializers.SerializerMethodField()

    @extend_schema_field(EnvelopeOutput)
    def get_envelope(self, row: ParkedEvent) -> Any:
        """The event as it was received."""
        return EnvelopeOutput(from_text(row.envelope)).data


class RedriveInput(ReasonInput):
    """Which events to try again, and why."""

    alike = serializers.BooleanField(default=False, help_text="All that failed by the same error")


class CountOutput(serializers.Serializer[Any]):
    """How many events are tried again to begin with."""

    count = serializers.IntegerField()


class DiscardedOutput(serializers.Serializer[Any]):
    """Which parked event was discarded."""

    id = serializers.IntegerField()


class StreamInput(serializers.Serializer[Any]):
    """From where the stream might go on."""

    def get_fields(self) -> dict[str, Any]:
        """Return the field `from`, which is a word of Python's own."""
        return {"from": _position()}


class ResumeInput(ReasonInput):
    """From where the stream goes on, and why."""

    lastId = serializers.UUIDField(  # noqa: N815  the API's own case
        source="last_id", required=False, help_text="The id of the publisher's event at the position"
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `from` among them."""
        return {**super().get_fields(), "from": _position()}


class ResumedOutput(serializers.Serializer[Any]):
    """Where the stream goes on, and how many received events the publisher's log has no more."""

    stream = serializers.CharField()
    position = serializers.IntegerField()
    lost = serializers.IntegerField()


class LogSearchInput(serializers.Serializer[Any]):
    """What the events are about."""

    about = serializers.CharField(
        max_length=CORRELATION_LENGTH, help_text="An aggregate's id, a request's id, or an event's id"
    )


class LoggedEventOutput(CamelCaseSerializer):
    """An event of the service's log."""

    stream = serializers.CharField()
    position = serializers.IntegerField(allow_null=True, help_text="Null until the relay has given it")
    event_id = serializers.UUIDField()
    type = serializers.CharField()
    aggregate_id = serializers.UUIDField()
    version = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    correlation_id = serializers.CharField()
    causation_id = serializers.UUIDField(allow_null=True)
    trace_id = serializers.SerializerMethodField(help_text="Empty where the request wasn't traced")
    data = serializers.DictField()  # type: ignore[assignment]  # a field of the API's

    def get_trace_id(self, event: dict[str, Any]) -> str:
        """The trace's id in the W3C's `traceparent`."""
        parts = event["traceparent"].split("-")
        return str(parts[1]) if len(parts) == _PARTS_OF_TRACEPARENT else ""


_PARTS_OF_TRACEPARENT = 4


def _position() -> serializers.IntegerField:
    return serializers.IntegerField(
        source="position",
        required=False,
        min_value=0,
        max_value=_MAX_POSITION,
        help_text="The position of the publisher's log after which it goes on",
    )

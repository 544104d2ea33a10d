"""What an operator sees of the backbone: the log, the cursors, what waits and what failed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_events import status_rows
from shared_events.inbox.parking import NotDiscardable, discard, request_redrive
from shared_events.models import (
    Backfill,
    Cursor,
    DiscardedEvent,
    LoggedEvent,
    OutgoingCommand,
    ParkedEvent,
    PublishedStream,
    SkippedRange,
)
from shared_events.status import count_waiting_behind

# Generic for the type checker alone: Django's class can't be subscripted at run time.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the backbone itself may write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not deleted by hand."""
        return False


class PublishedFilter(admin.SimpleListFilter):
    """Which events the broker hasn't confirmed yet."""

    title = "published"
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("no", "Not confirmed by the broker yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LoggedEvent]) -> QuerySet[LoggedEvent]:
        """Return the events above their stream's confirmed position, and those without a position."""
        return status_rows.unpublished(queryset) if self.value() == "no" else queryset


class ProgressFilter(admin.SimpleListFilter):
    """Which cursors aren't where they should be."""

    title = "progress"
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("behind", "Behind the stream"), ("halted", "Halted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cursor]) -> QuerySet[Cursor]:
        """Return the cursors of the choice."""
        match self.value():
            case "behind":
                return status_rows.behind(queryset)
            case "halted":
                return status_rows.halted(queryset)
        return queryset


class StateFilter(admin.SimpleListFilter):
    """Parked events by whether they wait for a person."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("dead", "Dead letters: wait for a person"), ("parked", "Retried, or behind such an event")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ParkedEvent]) -> QuerySet[ParkedEvent]:
        """Return the events of the choice."""
        match self.value():
            case "dead":
                return status_rows.dead_letters(queryset)
            case "parked":
                return status_rows.retried(queryset)
        return queryset


@admin.register(LoggedEvent)
class LoggedEventAdmin(ReadOnlyAdmin):
    """This service's event log; search by aggregate or correlation id to follow one story."""

    list_display = ("position", "type", "aggregate_id", "version", "occurred_at", "correlation_id")
    list_filter = (PublishedFilter, "type")
    search_fields = ("=aggregate_id", "=correlation_id", "=event_id")
    search_help_text = "The id of a row, of an event, or of the request that caused it (correlation id)"
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(PublishedStream)
class PublishedStreamAdmin(ReadOnlyAdmin):
    """How far the log is numbered and confirmed by the broker."""

    list_display = ("stream", "published")


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    """How far other services' streams are applied here."""

    list_display = ("stream", "position", "head", "halted_at", "halt_reason")
    list_filter = (ProgressFilter,)


@admin.register(OutgoingCommand)
class OutgoingCommandAdmin(ReadOnlyAdmin):
    """Commands that wait for the broker."""

    list_display = ("id", "task", "at", "created_at")


@admin.register(Backfill)
class BackfillAdmin(ReadOnlyAdmin):
    """Handlers that are being fed the past."""

    list_display = ("handler", "stream", "type", "position")


@admin.register(DiscardedEvent)
class DiscardedEventAdmin(ReadOnlyAdmin):
    """Events that a person has decided not to apply, and why."""

    list_display = ("stream", "position", "type", "aggregate_id", "reason", "discarded_by", "discarded_at")
    search_fields = ("=aggregate_id", "reason")
    ordering = ("-id",)


@admin.register(SkippedRange)
class SkippedRangeAdmin(ReadOnlyAdmin):
    """What was left behind as a stream went on elsewhere; `manage events skipped` settles it."""

    list_display = ("stream", "first_position", "last_position", "was_applied", "skipped_at", "settled_at")
    list_filter = ("stream", ("settled_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)


class ReasonForm(ActionForm):
    """Adds a field for a reason beside the action; discarding requires one."""

    reason = forms.CharField(required=False, max_length=500, label="Reason (to discard)")


@admin.register(ParkedEvent)
class ParkedEventAdmin(ReadOnlyAdmin):
    """Events that could not be applied. Dead letters wait here for a person, and never expire."""

    list_display = (
        "error",
        "stream",
        "position",
        "type",
        "aggregate_id",
        "state",
        "tries",
        "behind",
        "next_try_at",
    )
    list_display_links = ("error", "position")
    list_filter = (StateFilter, "error", "stream", "type")
    search_fields = ("=aggregate_id", "error")
    search_help_text = "The id of a row, or words of an error"
    # Those of one error stand together.
    ordering = ("error", "stream", "position")
    actions = ("redrive_selected", "redrive_alike", "discard_selected")
    action_form = ReasonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[ParkedEvent]:
        """Count what waits behind each row."""
        return count_waiting_behind(super().get_queryset(request))

    @admin.display(description="waiting behind")
    def behind(self, row: ParkedEvent) -> int:
        """Return how many later events of the same aggregate wait for this one."""
        return row.waiting_behind  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="state")
    def state(self, row: ParkedEvent) -> str:
        """Return what the row waits for."""
        return "waiting behind" if row.state == "waiting" else row.state

    @admin.action(description="Try again now, in order", permissions=["view"])
    def redrive_selected(self, request: HttpRequest, queryset: QuerySet[ParkedEvent]) -> None:
        """Redrive the selected events and what waits behind them."""
        self._redrive(request, queryset)

    @admin.action(description="Try all with the same errors again, in order", permissions=["view"])
    def redrive_alike(self, request: HttpRequest, queryset: QuerySet[ParkedEvent]) -> None:
        """Redrive every parked event with an error of the selected ones."""
        errors = set(queryset.values_list("error", flat=True))
        self._redrive(request, ParkedEvent.objects.filter(error__in=errors))

    @admin.action(description="Discard for good, with a reason", permissions=["view"])
    def discard_selected(self, request: HttpRequest, queryset: QuerySet[ParkedEvent]) -> None:
        """Discard the selected events; what waits behind them goes on."""
        reason, done = request.POST.get("reason", ""), 0
        for row in queryset.exclude(error="").order_by("stream", "position"):
            try:
                discard(row, reason=reason, by=request.user.get_username())
            except NotDiscardable as error:
                messages.error(request, str(error))
                return
            self.log_change(request, row, f"Discarded: {reason}")
            done += 1
        messages.info(request, f"{done} events were discarded, and what waited behind them goes on")

    def _redrive(self, request: HttpRequest, rows: QuerySet[ParkedEvent]) -> None:
        failed = rows.exclude(error="")
        for row in failed:
            self.log_change(request, row, "Redrive requested")
        count = request_redrive(failed)
        messages.info(
            request, f"{count} events, and what waits behind them, are tried again now: look again soon"
        )

"""What the admin of each service has: its events on the start page, and search by a request's id."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest

from service_defaults.staff import StaffModelAdmin
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, alarm, list_url
from shared_events import status_rows
from shared_events.models import Cursor, LoggedEvent, OutgoingCommand, ParkedEvent, SkippedRange
from shared_events.outbox.log_search import aggregates_of_request
from shared_events.settings import event_settings
from shared_events.status import EventStatus, read_status


@dashboard.section(order=100)
def events(request: HttpRequest) -> Section:
    """Return how far events are published and applied, and what waits for a person."""
    status = read_status()
    return Section(title="Events", figures=_figures(status), tables=(_halted(status), _dead_letters()))


class RequestSearch(StaffModelAdmin):
    """Also finds rows by the id of the request that changed them: the correlation id of their events."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows whose events have this correlation id, or else those of the ordinary search."""
        term = search_term.strip()
        streams = event_settings().publishes
        ids = (
            [key for stream in streams for key in aggregates_of_request(term, stream=stream)] if term else []
        )
        # Another model's rows are no aggregates of the stream.
        if ids and queryset.filter(pk__in=ids).exists():
            return queryset.filter(pk__in=ids), False
        return super().get_search_results(request, queryset, search_term)


def _figures(status: EventStatus) -> tuple[Figure, ...]:
    counts = (
        ("Lag", status.lag_events, "warn", list_url(Cursor, progress="behind"), "events to apply"),
        ("Unpublished", status.unpublished_events, "warn", list_url(LoggedEvent, published="no"), "events"),
        ("Dead letters", status.dead_letters, "bad", list_url(ParkedEvent, state="dead"), ""),
        ("Parked events", status.parked_events, "warn", list_url(ParkedEvent, state="parked"), "retried"),
        ("Halted streams", len(status.halted), "bad", list_url(Cursor, progress="halted"), ""),
        ("Unsent commands", status.unsent_commands, "warn", list_url(OutgoingCommand), ""),
        (
            "Skipped ranges",
            len(status.skipped),
            "bad",
            list_url(SkippedRange, settled_at__isempty=1),
            "not settled",
        ),
    )
    return tuple(
        Figure(label=label, value=count, tone=alarm(count, tone), url=url, note=note)  # type: ignore[arg-type]
        for label, count, tone, url, note in counts
    )


def _halted(status: EventStatus) -> Table:
    rows = tuple((one.stream, f"{one.position} of {one.head}", one.halt_reason) for one in status.halted)
    return Table(
        title="Halted streams",
        columns=("Stream", "Position", "Reason"),
        rows=rows,
        url=list_url(Cursor, progress="halted"),
    )


def _dead_letters() -> Table:
    counted = status_rows.dead_letters(ParkedEvent.objects.all()).values("error", "stream", "type")
    largest = counted.annotate(count=Count("*")).order_by("-count")[: dashboard.SHOWN_ROWS]
    return Table(
        title="Dead letters by error",
        columns=("Error", "Stream", "Type", "Dead letters"),
        rows=tuple((row["error"], row["stream"], row["type"], row["count"]) for row in largest),
        url=list_url(ParkedEvent, state="dead"),
    )

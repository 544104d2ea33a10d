"""What is the same in every service when a stream is read again: nothing changes."""

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps

from shared_events.envelope import RawEnvelope
from shared_events.inbox.parking import park, request_redrive
from shared_events.inbox.redrive import retry_due
from shared_events.inbox.subscriptions import everything
from shared_events.models import Cursor, ParkedEvent
from shared_events.testing import deliver_batch, nothing_recorded


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row of this service's own tables and of those that all services have, by table."""
    homes = ("_service.", "marketplace.", "service_defaults.")
    ours = [app for app in apps.get_app_configs() if any(home in app.name for home in homes)]
    models = [model for app in ours for model in app.get_models()]
    return {model._meta.db_table: list(model._default_manager.order_by("pk").values()) for model in models}


def replay(stream: Iterable[RawEnvelope], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Hand this service the events again: one by one, all at once, and as parked ones that are redriven.

    After each step, nothing may have changed. `meanwhile` is what people do between two events; with an
    empty stream nothing is proven, so that is an error.
    """
    events = list(stream)
    assert events
    for batch in (*([event] for event in events), events):
        before = rows()
        with nothing_recorded():
            deliver_batch(batch)
        assert rows() == before, f"{[event.type for event in batch]} changed something"
        meanwhile()
    for event in events:
        before = rows()
        Cursor.objects.get_or_create(stream=event.stream)
        park([event], everything, ValueError("on purpose"))
        request_redrive(ParkedEvent.objects.all())
        with nothing_recorded():
            assert retry_due() == 1
        assert rows() == before, f"{event.type} changed something when it was redriven"

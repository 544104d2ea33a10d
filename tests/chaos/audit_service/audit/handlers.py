"""The audit handles every event of every stream."""

from django.conf import settings
from django.utils import timezone

from shared_events.contracts import Event, published_events
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles
from tests.chaos.audit_service.audit import operations


def audit(events: list[Envelope[Event]]) -> None:
    """Take note of the events."""
    if settings.AUDIT_COUNTS:
        operations.note(events=events, now=timezone.now())
    operations.keep(events=events)


for _contract in published_events().values():
    handles(_contract, batch=True)(audit)

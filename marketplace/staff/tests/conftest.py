"""A stream that no service really follows, with events that could be applied or not."""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from service_defaults import testing
from shared_events.envelope import RawEnvelope, dump
from shared_events.ids import uuid7
from shared_events.inbox import parking, redrive
from shared_events.inbox.subscriptions import everything
from shared_events.models import Cursor, ParkedEvent, ReceivedBatch

STREAM = "weather"
BASE = f"/api/{'users' if settings.SERVICE == 'auth' else settings.SERVICE}/staff"

_positions = count(1)


def envelope(position: int, *, of: UUID | None = None, **data: Any) -> RawEnvelope:
    """Return an event that somebody else published."""
    return RawEnvelope(
        stream=STREAM,
        position=position,
        id=uuid7(),
        type="weather.changed",
        schema_version=1,
        aggregate_id=of or uuid7(),
        version=1,
        occurred_at=datetime.now(UTC),
        correlation_id="r1",
        causation_id=None,
        traceparent="",
        data=data,
    )


def _auth_factories() -> Any:
    """Return what makes auth's rows, where auth's settings are."""
    return importlib.import_module("auth_service.tests.factories")


@pytest.fixture
def operator_id() -> UUID:
    """Whose token the staff client has: in auth an account, elsewhere any id."""
    if settings.SERVICE != "auth":
        return uuid7()
    account_id: UUID = _auth_factories().UserFactory(is_staff=True, role="support").id
    return account_id


@pytest.fixture
def client_of(db: None, operator_id: UUID) -> Callable[..., APIClient]:
    """`client_of(staff=True, role="support")`: a client with such a token."""

    def make(**claims: Any) -> APIClient:
        if settings.SERVICE == "auth":
            session = _auth_factories().SessionFactory(user_id=operator_id, user=None)
            claims["session_id"] = session.id
        return testing.client_of(operator_id, **claims)

    return make


@pytest.fixture
def support(client_of: Callable[..., APIClient]) -> APIClient:
    """An operator who may act for users."""
    return client_of(staff=True, role="support")


@pytest.fixture
def parked(db: None) -> Iterator[Callable[..., ParkedEvent]]:
    """`parked("error", of=aggregate)`: park an event by this error, or without one behind an older event."""

    def park(error: str = "", *, of: UUID | None = None, dead: bool = False) -> ParkedEvent:
        event = envelope(next(_positions), of=of, sky="grey")
        if error:
            parking.park([event], everything, ValueError(error))
        else:
            parking.park_behind([event], everything)
        row = ParkedEvent.objects.get(position=event.position)
        if dead:
            parking.mark_dead_unrun(row)
        return row

    yield park
    redrive._begun.clear()


@pytest.fixture
def halted(db: None) -> Cursor:
    """The stream is halted at position 5, and its events from 2 on are kept."""
    events = [envelope(position) for position in range(2, 6)]
    ReceivedBatch.objects.create(
        stream=STREAM, first_position=2, last_position=5, received_at=datetime.now(UTC), events=dump(events)
    )
    return Cursor.objects.create(
        stream=STREAM,
        position=5,
        head=9,
        last_id=events[-1].id,
        halted_at=datetime.now(UTC),
        halt_reason="Another log",
    )

"""A field that is added to a replica is stored from the events, and one that is frozen goes all the way."""

import json
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from contracts.order import HeldTicket
from contracts.ticket import TicketWithdrawn
from orders_service.orders.api.serializers import HeldTicketOutput
from orders_service.orders.models import Order, TicketReplica
from orders_service.orders.replicas import upsert_ticket_replicas
from shared_events.envelope import Envelope
from shared_events.ids import uuid7
from shared_events.testing import enveloped

GOLDEN = Path(__file__).parents[2] / "tests" / "contracts" / "golden"
FIELDS = [field.name for field in TicketReplica._meta.concrete_fields]


def _withdrawn(version: int) -> Envelope[TicketWithdrawn]:
    """Return an event in which every field of a listing has a value."""
    data = json.loads((GOLDEN / "ticket.withdrawn.v1.json").read_text())
    event = TicketWithdrawn.from_data(data, 1)
    envelope = enveloped(event, aggregate_id=uuid7(), version=version)
    return msgspec.structs.replace(envelope, data=event)  # type: ignore[arg-type, return-value]


class TestTheReplicaOfAListing:
    @pytest.mark.parametrize("name", FIELDS)
    def test_has_each_field_from_the_event(self, name: str) -> None:
        field = TicketReplica._meta.get_field(name)
        assert getattr(TicketReplica.of(_withdrawn(7)), name) not in {None, field.get_default()}

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", FIELDS)
    def test_stores_each_field_and_changes_it(self, name: str) -> None:
        event = _withdrawn(7)
        first = TicketReplica(
            id=event.aggregate_id, seller_id=uuid7(), title="old", price=1, currency="XXX", version=1
        )
        first.save()
        assert upsert_ticket_replicas([event]) == {event.aggregate_id}
        stored = TicketReplica.objects.get(id=event.aggregate_id)
        assert getattr(stored, name) == getattr(TicketReplica.of(event), name)

    @pytest.mark.django_db
    def test_refuses_a_text_that_is_too_long_instead_of_shortening_it(self) -> None:
        event = _withdrawn(7)
        too_long = msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, title="x" * 201))
        with pytest.raises(Exception, match="too long"):
            upsert_ticket_replicas([too_long])
        connection.set_rollback(True)


class TestTheTicketOfAnOrder:
    def test_is_the_same_in_the_row_the_event_and_the_answer(self) -> None:
        frozen = set(HeldTicket.__struct_fields__)
        columns = {field.name for field in Order._meta.concrete_fields if field.name.startswith("ticket_")}
        assert columns == {f"ticket_{name}" for name in frozen}
        assert set(HeldTicketOutput().fields) == frozen
        assert frozen <= set(FIELDS)

    @pytest.mark.django_db
    def test_is_what_the_replica_was(self) -> None:
        event = _withdrawn(7)
        order = Order(created_at=timezone.now())
        order.freeze_ticket(TicketReplica.of(event))
        assert (order.ticket.title, order.ticket.version) == (event.data.title, 7)

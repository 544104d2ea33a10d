"""A field that is added to the replica of an order is set by the events, and stored."""

import json
from pathlib import Path

import msgspec
import pytest

from contracts.order import OrderCancelled
from payments_service.payments.models import REPLICATED_FIELDS, OrderReplica
from payments_service.payments.operations import upsert_order_replicas
from shared_events.envelope import Envelope
from shared_events.ids import uuid7
from shared_events.testing import enveloped

GOLDEN = Path(__file__).parents[2] / "tests" / "contracts" / "golden" / "order.cancelled.v1.json"


def _cancelled(position: int) -> Envelope[OrderCancelled]:
    """Return an event in which every field of an order has a value."""
    event = OrderCancelled.from_data(json.loads(GOLDEN.read_text()) | {"payment_id": str(uuid7())}, 1)
    envelope = enveloped(event, aggregate_id=uuid7(), position=position)
    return msgspec.structs.replace(envelope, data=event)  # type: ignore[arg-type, return-value]


class TestTheReplicaOfAnOrder:
    @pytest.mark.parametrize("name", REPLICATED_FIELDS)
    def test_has_each_field_from_the_event(self, name: str) -> None:
        replica = OrderReplica()
        assert replica.apply(_cancelled(7))
        assert getattr(replica, name) not in {None, OrderReplica._meta.get_field(name).get_default()}

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", REPLICATED_FIELDS)
    def test_stores_each_field_and_changes_it(self, name: str) -> None:
        event = _cancelled(7)
        OrderReplica.objects.create(
            id=event.aggregate_id, buyer=uuid7(), amount=1, currency="XXX", expires_at=event.occurred_at
        )
        assert upsert_order_replicas([event]) == [event]
        expected = OrderReplica(id=event.aggregate_id)
        expected.apply(event)
        assert getattr(OrderReplica.objects.get(id=event.aggregate_id), name) == getattr(expected, name)

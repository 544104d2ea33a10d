"""Payments: there is a hold of the owner's that has lapsed, and their attempt to pay for another."""

from payments_service.payments.models import OrderReplica
from payments_service.tests.story import PlacedOrder, begin_attempt
from tests.access.world import World


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    world.sign_in_all()
    lapsed, tried = (PlacedOrder(world.owner(role), minutes=minutes) for minutes in (-1, 15))
    assert OrderReplica.objects.filter(id=lapsed.id).exists()
    world.ids["payment_id"] = begin_attempt(tried).payment.id
    world.bodies["POST", "/api/payments"] = lapsed.body()
    world.bodies["POST", "/api/payments/intents"] = {"orderId": str(lapsed.id)}
    return world

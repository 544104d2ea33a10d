"""Payments: there is a hold of the owner's that has lapsed, and their attempt to pay for another."""

from payments_service.payments.models import OrderReplica
from payments_service.tests.story import PlacedOrder, begin_attempt
from service_defaults.testing import token_for
from tests.access.world import ROLES, World


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    world.tokens = {name: token_for(world.people[name], staff=name == "staff") for name in ROLES[1:]}
    lapsed, tried = (PlacedOrder(world.owner(role), minutes=minutes) for minutes in (-1, 15))
    assert OrderReplica.objects.filter(id=lapsed.id).exists()
    world.ids["payment_id"] = begin_attempt(tried).payment.id
    world.bodies["POST", "/api/payments"] = lapsed.body()
    world.bodies["POST", "/api/payments/intents"] = {"orderId": str(lapsed.id)}
    return world

"""Listings: there is one."""

from service_defaults.testing import token_for
from tests.access.world import ROLES, World
from tickets_service.tests.factories import TicketFactory


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    world.tokens = {name: token_for(world.people[name], staff=name == "staff") for name in ROLES[1:]}
    world.ids["ticket_id"] = TicketFactory(user_id=world.owner(role)).id
    listing = {"title": "Second row", "price": "9.99"}
    for method, route in (("POST", ""), ("PUT", "/{ticket_id}"), ("PATCH", "/{ticket_id}")):
        world.bodies[method, f"/api/tickets{route}"] = listing
    return world

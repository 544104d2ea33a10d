"""Listings: there is one."""

from tests.access.world import World
from tickets_service.tests.factories import TicketFactory


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    world.sign_in_all()
    world.ids["ticket_id"] = TicketFactory(user_id=world.owner(role)).id
    listing = {"title": "Second row", "price": "9.99"}
    for method, route in (("POST", ""), ("PUT", "/{ticket_id}"), ("PATCH", "/{ticket_id}")):
        world.bodies[method, f"/api/tickets{route}"] = listing
    return world

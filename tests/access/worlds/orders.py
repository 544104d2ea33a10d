"""Orders: there is a hold of the owner's, and a listing of theirs without a hold."""

from orders_service.tests.factories import OrderFactory, TicketCopyFactory
from tests.access.world import World


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    world.sign_in_all()
    world.ids["order_id"] = OrderFactory(user_id=world.owner(role)).id
    listing = TicketCopyFactory(seller_id=world.owner(role))
    world.bodies["POST", "/api/orders"] = {"ticketId": str(listing.id)}
    return world

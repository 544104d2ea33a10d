import pytest
from django.test import Client

from service_defaults.testing import operator_in
from shared_events.ids import uuid7
from tickets_service.tests.factories import TicketFactory
from tickets_service.tickets.models import Ticket

pytestmark = pytest.mark.django_db

HOME = "/admin/tickets/"
TICKETS = f"{HOME}tickets/ticket/"


@pytest.fixture
def operator() -> Client:
    return operator_in(HOME, role="support")


@pytest.fixture
def listings() -> dict[str, Ticket]:
    """One listing in each state."""
    return {
        "sale": TicketFactory(title="Nina"),
        "held": TicketFactory(order_id=uuid7()),
        "sold": TicketFactory(order_id=uuid7(), sold=True),
        "withdrawn": TicketFactory(withdrawn=True),
    }


def _page(operator: Client, address: str, **fields: str) -> str:
    answer = operator.get(address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheStartPage:
    def test_counts_listings_by_state_and_links_to_them(
        self, operator: Client, listings: dict[str, Ticket]
    ) -> None:
        start = _page(operator, HOME)
        for state, ticket in listings.items():
            assert f'<a href="{TICKETS}?state={state}"><strong>1</strong>' in start
            page = _page(operator, TICKETS, state=state)
            assert [one for one in listings.values() if str(one.id) in page] == [ticket]


class TestTheListings:
    def test_are_found_by_what_an_operator_has_in_hand(
        self, operator: Client, listings: dict[str, Ticket]
    ) -> None:
        held, sale = listings["held"], listings["sale"]
        for term, ticket in ((held.id, held), (held.user_id, held), (held.order_id, held), ("nina", sale)):
            page = _page(operator, TICKETS, q=str(term))
            assert [one for one in listings.values() if str(one.id) in page] == [ticket]

    def test_link_to_their_sellers_and_orders(self, operator: Client, listings: dict[str, Ticket]) -> None:
        page, held = _page(operator, TICKETS), listings["held"]
        assert f'<a href="/admin/auth/accounts/user/{held.user_id}/change/">' in page
        assert f'<a href="/admin/orders/orders/order/{held.order_id}/change/">' in page

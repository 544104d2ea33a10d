from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from orders_service.orders.models import Order
from orders_service.tests.factories import OrderFactory, complete_order
from service_defaults.testing import operator_in
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent

pytestmark = pytest.mark.django_db

HOME = "/admin/orders/"
ORDERS = f"{HOME}orders/order/"


@pytest.fixture
def operator() -> Client:
    return operator_in(HOME, role="support")


@pytest.fixture
def overdue() -> Order:
    return OrderFactory(created_at=timezone.now() - timedelta(hours=1))


def _page(operator: Client, address: str, **fields: str) -> str:
    answer = operator.get(address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheStartPage:
    def test_counts_holds_that_are_open_and_overdue(self, operator: Client, overdue: Order) -> None:
        OrderFactory()
        complete_order()
        page = _page(operator, HOME)
        assert f'<a href="{ORDERS}?hold=open"><strong>2</strong>' in page
        assert f'<li class="bad"><a href="{ORDERS}?hold=overdue"><strong>1</strong>' in page
        assert page.index("Overdue holds") < page.index(str(overdue.id))

    def test_leads_to_the_console_and_the_other_services(self, operator: Client) -> None:
        page = _page(operator, HOME)
        for place in ("/console/", "/admin/auth/", "/admin/tickets/", "/admin/payments/"):
            assert f'<a href="{place}">' in page
        assert f'<a href="{HOME}" aria-current="page">' in page

    def test_links_to_the_orders_that_it_counts(self, operator: Client, overdue: Order) -> None:
        hold, paid = OrderFactory(), complete_order()
        shown = {str(order.id) for order in (overdue, hold, paid)}
        for choice, expected in (("open", {overdue, hold}), ("overdue", {overdue})):
            page = _page(operator, ORDERS, hold=choice)
            assert {one for one in shown if one in page} == {str(order.id) for order in expected}


class TestTheOrders:
    def test_are_found_by_what_an_operator_has_in_hand(self, operator: Client) -> None:
        order, other = complete_order(ticket_title="Nina"), OrderFactory()
        event = {"event_id": uuid7(), "type": "order.created", "schema_version": 1, "version": 1, "data": {}}
        LoggedEvent.objects.create(
            stream="order", aggregate_id=order.id, occurred_at=timezone.now(), correlation_id="req-1", **event
        )
        for term in (order.id, order.user_id, order.ticket_id, order.payment_id, "nina", "req-1"):
            page = _page(operator, ORDERS, q=str(term))
            assert str(order.id) in page, term
            assert str(other.id) not in page, term

    def test_link_to_the_buyers_account_and_have_ids_in_full(self, operator: Client) -> None:
        order = OrderFactory()
        assert f'<a href="/admin/auth/accounts/user/{order.user_id}/change/">' in _page(operator, ORDERS)
        page = _page(operator, f"{ORDERS}{order.id}/change/")
        assert f'<span class="id id-whole">{order.id}</span>' in page
        assert f'<a href="/admin/tickets/tickets/ticket/{order.ticket_id}/change/">' in page

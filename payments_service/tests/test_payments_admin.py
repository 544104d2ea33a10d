from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from payments_service.payments.models import Payment
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder
from service_defaults.testing import operator_in
from shared_events.ids import uuid7

pytestmark = pytest.mark.django_db

HOME = "/admin/payments/"
PAYMENTS = f"{HOME}payments/payment/"


@pytest.fixture
def operator() -> Client:
    return operator_in(HOME, role="money")


@pytest.fixture
def payment(shop: APIClient, provider: FakeStripe, buyer: UUID) -> Payment:
    """An authorised payment."""
    placed = PlacedOrder(buyer)
    shop.post("/api/payments", placed.body())
    return placed.payment()


def _page(operator: Client, address: str, **fields: str) -> str:
    answer = operator.get(address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheStartPage:
    def test_counts_payments_by_status_and_links_to_them(self, operator: Client, payment: Payment) -> None:
        page = _page(operator, HOME)
        assert f'<a href="{PAYMENTS}?status__exact=authorized"><strong>1</strong>' in page
        assert f'<a href="{PAYMENTS}?status__exact=captured"><strong>0</strong>' in page
        assert str(payment.id) in _page(operator, PAYMENTS, status__exact="authorized")

    def test_counts_stuck_payments_and_lists_them(self, operator: Client, payment: Payment) -> None:
        assert f'<a href="{PAYMENTS}?attention=stuck"><strong>0</strong>' in _page(operator, HOME)
        Payment.objects.update(last_progress_at=timezone.now() - timedelta(hours=1))
        page = _page(operator, HOME)
        assert f'<li class="bad"><a href="{PAYMENTS}?attention=stuck"><strong>1</strong>' in page
        assert page.index("Stuck payments") < page.index(str(payment.id))
        assert str(payment.id) in _page(operator, PAYMENTS, attention="stuck")


class TestThePayments:
    def test_are_found_by_what_an_operator_has_in_hand(self, operator: Client, payment: Payment) -> None:
        for term in (payment.id, payment.order_id, payment.buyer, payment.intent_id):
            assert str(payment.id) in _page(operator, PAYMENTS, q=str(term)), term
        assert str(payment.id) not in _page(operator, PAYMENTS, q="pi_another")
        assert str(payment.id) not in _page(operator, PAYMENTS, q=str(uuid7()))

    def test_link_to_their_buyers_and_orders(self, operator: Client, payment: Payment) -> None:
        page = _page(operator, PAYMENTS)
        assert f'<a href="/admin/auth/accounts/user/{payment.buyer}/change/">' in page
        assert f'href="/admin/orders/orders/order/{payment.order_id}/change/"' in page

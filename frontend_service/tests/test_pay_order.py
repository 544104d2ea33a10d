from typing import Any

import pytest
from django.conf import LazySettings

from frontend_service.tests.browser import Browser, Page, forms_in, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>"


class TestPayOrder:
    def test_pays(self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay")
        assert answer.headers["Location"] == f"/orders/{held['id']}"
        assert "Order confirmed" in text_of(visitor.follow(answer))

    def test_pays_once_however_often_the_form_is_sent(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        for _ in range(2):
            assert visitor.fill(page, f"/orders/{held['id']}/pay").status_code == 302
        assert len(marketplace.payments) == 1

    def test_shows_a_decline_beside_the_card_and_accepts_another(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        declined = visitor.fill(page, f"/orders/{held['id']}/pay", token="pm_card_chargeDeclined")
        assert declined.status_code == 402
        assert "Your card was declined." in text_of(declined)
        (form,) = [form for form in forms_in(declined) if form.action.endswith("/pay")]
        assert form.values["token"] == "pm_card_chargeDeclined"
        answer = visitor.fill(declined, f"/orders/{held['id']}/pay", token="pm_card_visa")
        assert "Order confirmed" in text_of(visitor.follow(answer))

    def test_links_to_the_banks_3_d_secure_page(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay", token="pm_card_threeDSecure2Required")
        order_page = visitor.follow(answer)
        assert "Confirm with your bank" in text_of(order_page)
        assert 'href="https://bank.example/confirm?intent=1"' in order_page.content.decode()
        assert f"/orders/{held['id']}/pay" in [form.action for form in forms_in(order_page)]

    @pytest.mark.parametrize("address", ["", "javascript:alert(1)", "data:text/html,x"])
    def test_offers_another_card_without_a_bank_page(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any], address: str
    ) -> None:
        held["status"] = "awaiting:payment"
        marketplace.add_payment(held, "requires_action", nextActionUrl=address)
        page = visitor.open(f"/orders/{held['id']}")
        assert "Pay with another card" in text_of(page)
        assert "javascript:" not in page.content.decode()

    def test_shows_the_last_attempt(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.add_payment(held, "requires_action")
        marketplace.add_payment(held, "declined")
        assert "Held for you" in text_of(visitor.open(f"/orders/{held['id']}"))

    def test_shows_that_the_hold_has_ended(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        marketplace.end_order(held, "expired")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay")
        assert answer.status_code == 400
        assert "Your hold expired" in text_of(answer)

    def test_rejects_an_unknown_card(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay", token="4242424242424242")
        assert answer.status_code == 400
        assert marketplace.payments == {}

    def test_shows_that_a_payment_is_in_progress(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        marketplace.problems["POST /api/payments"] = Problem(409, "in-flight", "Still at it")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay")
        assert "already being processed" in text_of(visitor.follow(answer))

    def test_keeps_the_key_when_the_outcome_is_unknown(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        marketplace.problems["POST /api/payments"] = Problem(503, "down", "Not now")
        answer = visitor.fill(page, f"/orders/{held['id']}/pay")
        assert answer.status_code == 503
        assert "Payments are unavailable" in text_of(answer)
        assert _key_in(answer) == _key_in(page)

    def test_requires_the_csrf_token(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        assert visitor.send(f"/orders/{held['id']}/pay", {"token": "pm_card_visa"}).status_code == 403
        assert marketplace.payments == {}

    def test_redirects_to_the_order_when_reloaded(self, visitor: Browser, held: dict[str, Any]) -> None:
        assert visitor.open(f"/orders/{held['id']}/pay").headers["Location"] == f"/orders/{held['id']}"


class TestPayingWithARealCard:
    @pytest.fixture(autouse=True)
    def _real_cards(self, settings: LazySettings) -> None:
        settings.STRIPE_PUBLISHABLE_KEY = "pk_live_123"

    def test_loads_stripe_on_this_page_only(self, visitor: Browser, held: dict[str, Any]) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        html = page.content.decode()
        assert 'data-key="pk_live_123"' in html
        assert 'data-amount="4800" data-currency="usd"' in html
        assert "pm_card_visa" not in html
        assert "https://js.stripe.com" in page.headers["Content-Security-Policy"]
        assert "stripe" not in visitor.open("/").headers["Content-Security-Policy"]

    def test_explains_that_it_needs_script(self, visitor: Browser, held: dict[str, Any]) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        assert "Turn on JavaScript to pay" in text_of(page)
        assert "Test mode" not in text_of(page)

    def test_offers_the_card_form_for_an_abandoned_confirmation(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held["status"] = "awaiting:payment"
        marketplace.add_payment(held, "requires_action")
        page = visitor.open(f"/orders/{held['id']}")
        assert "Enter your card again" in text_of(page)
        assert "test mode" not in text_of(page)
        assert 'id="card-form"' in page.content.decode()

    def test_offers_the_card_form_for_an_unfinished_attempt(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held["status"] = "awaiting:payment"
        marketplace.add_payment(held, "started")
        assert 'id="card-form"' in visitor.open(f"/orders/{held['id']}").content.decode()


def _key_in(page: Page) -> str:
    (form,) = [form for form in forms_in(page) if form.action.endswith("/pay")]
    return form.values["key"]

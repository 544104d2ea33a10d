"""Paying with a real card: our script with a stub of Stripe's.

The stub is served at Stripe's own URLs, so the page's policy must allow it and its requests.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from frontend_service.tests.fake_answers import timestamp
from frontend_service.tests.fake_marketplace import Json, Marketplace
from tests.browser.conftest import PHONE, Pages, checked_pages, heading
from tests.browser.storefront import Storefront, open_scenario, running_storefront

KEY, SECRET = "pk_live_stub", "pi_1_secret_2"
WORKS, DECLINED, NEEDS_3DS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 3220"
_STUB = Path(__file__).with_name("stripe_stub.js")
_BANK = "https://hooks.stripe.com/challenge"


@dataclass
class StripeRoutes:
    """Routes for Stripe's and the payments API's URLs; `problem` is the payments API's error."""

    market: Marketplace
    order: Json
    problem: str = ""
    intents: list[Json] = field(default_factory=list)
    confirmed: list[Json] = field(default_factory=list)

    def answer_for(self, page: Page) -> None:
        page.route("https://js.stripe.com/v3/", self._script)
        page.route("**/api/payments/intents", self._create_intent)
        page.route("https://api.stripe.com/confirm", self._confirm)
        page.route(f"{_BANK}?*", self._challenge)

    def _script(self, route: Route) -> None:
        route.fulfill(path=_STUB, content_type="text/javascript")

    def _create_intent(self, route: Route) -> None:
        self.intents.append(json.loads(route.request.post_data or ""))
        if self.problem:
            route.fulfill(status=400, json={"detail": self.problem})
        else:
            route.fulfill(status=201, json={"clientSecret": SECRET})

    def _confirm(self, route: Route) -> None:
        sent = json.loads(route.request.post_data or "")
        self.confirmed.append(sent)
        answer: Json = {}
        if sent["number"] == DECLINED:
            answer = {"error": {"message": "Your card was declined."}}
        elif sent["number"] == NEEDS_3DS:
            answer = {"bank": _BANK}
        else:
            self._authorise()
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": "*"})

    def _challenge(self, route: Route) -> None:
        [back] = parse_qs(urlsplit(route.request.url).query)["back"]
        self._authorise()
        route.fulfill(content_type="text/html", body=f'<title>Bank</title><a href="{back}">It is me</a>')

    def _authorise(self) -> None:
        self.order["status"] = "complete"
        self.market.tickets[self.order["ticket"]["id"]]["sold"] = True
        self.market.add_payment(self.order, "captured")


@pytest.fixture(scope="module")
def storefront(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storefront]:
    with running_storefront(tmp_path_factory.mktemp("live"), stripe_key=KEY) as storefront:
        yield storefront


@pytest.fixture
def pages(storefront: Storefront, chromium: Browser) -> Iterator[Pages]:
    yield from checked_pages(chromium, storefront.url)


@pytest.fixture
def page(pages: Pages) -> Page:
    return pages.open(width=PHONE, allowed={400, 503})


@pytest.fixture
def stripe(storefront: Storefront, page: Page) -> StripeRoutes:
    """Stripe's routes for a held ticket, whose order page is open."""
    scenario = storefront.show("hold")
    stripe = StripeRoutes(scenario.market, next(iter(scenario.market.orders.values())))
    stripe.answer_for(page)
    open_scenario(page, storefront, scenario)
    return stripe


def pay(page: Page, number: str) -> None:
    page.get_by_label("Card (payment)").fill(number)
    page.get_by_role("button", name="Pay $88.50").click()


class TestPaying:
    def test_takes_the_cards_payment_for_the_orders_intent(self, page: Page, stripe: StripeRoutes) -> None:
        pay(page, WORKS)
        heading(page, "Order confirmed")
        assert stripe.intents == [{"orderId": stripe.order["id"]}]
        [sent] = stripe.confirmed
        assert (sent["key"], sent["clientSecret"], sent["redirect"]) == (KEY, SECRET, "if_required")
        options = sent["options"]
        assert (options["amount"], options["currency"], options["captureMethod"]) == (8850, "usd", "manual")

    def test_begins_nothing_while_the_card_is_incomplete(self, page: Page, stripe: StripeRoutes) -> None:
        pay(page, "")
        expect(page.get_by_role("alert")).to_have_text("Your card number is incomplete.")
        assert stripe.intents == []
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_says_a_decline_beside_the_card_and_takes_another(self, page: Page, stripe: StripeRoutes) -> None:
        pay(page, DECLINED)
        expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
        pay(page, WORKS)
        heading(page, "Order confirmed")
        assert [sent["number"] for sent in stripe.confirmed] == [DECLINED, WORKS]

    def test_goes_by_the_banks_page_and_back_to_the_order(self, page: Page, stripe: StripeRoutes) -> None:
        order = page.url
        pay(page, NEEDS_3DS)
        page.get_by_role("link", name="It is me").click()
        heading(page, "Order confirmed")
        assert page.url == order

    def test_says_why_payments_refuse(self, page: Page, stripe: StripeRoutes) -> None:
        stripe.problem = "Cannot pay for a cancelled order"
        pay(page, WORKS)
        expect(page.get_by_role("alert")).to_have_text(stripe.problem)
        assert stripe.confirmed == []


class TestTheCardForm:
    def test_works_when_the_page_has_replaced_it(self, page: Page, stripe: StripeRoutes) -> None:
        pay(page, DECLINED)
        expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
        stripe.market.add_payment(stripe.order, "declined", failure={"message": "Your card was declined."})
        expect(page.get_by_text("Payment declined:", exact=True)).to_be_visible()
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_works_when_there_is_more_time(self, page: Page, stripe: StripeRoutes) -> None:
        later = datetime.now(UTC) + timedelta(minutes=20)
        page.evaluate("() => { document.getElementById('card-form').dataset.old = 'yes'; }")
        stripe.order.update(extended=True, extensionSeconds=0, expiresAt=timestamp(later))
        expect(page.locator("#card-form[data-old]")).to_have_count(0)
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_says_that_stripe_is_not_answering(self, storefront: Storefront, page: Page) -> None:
        scenario = storefront.show("hold")
        page.route("https://js.stripe.com/v3/", lambda route: route.fulfill(status=503))
        open_scenario(page, storefront, scenario)
        expect(page.get_by_role("alert")).to_contain_text("We couldn't reach Stripe. You were not charged")
        expect(page.get_by_role("button", name="Pay $88.50")).to_be_disabled()

"""Paying with a real card: our script and Stripe's, of which a stand-in is served in its place.

The stand-in is asked for at Stripe's own addresses, so the page's policy must let it in, and its calls out.
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
from tests.browser.conftest import PHONE, Windows, heading, watched
from tests.browser.shop import Shop, enter, running_shop

KEY, SECRET = "pk_live_stand_in", "pi_1_secret_2"
WORKS, DECLINED, ASKS_BACK = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 3220"
_STAND_IN = Path(__file__).with_name("stripe_stand_in.js")
_BANK = "https://hooks.stripe.com/challenge"


@dataclass
class Bank:
    """Answers for Stripe and for our payments; `problem` is what payments refuse with."""

    market: Marketplace
    order: Json
    problem: str = ""
    intents: list[Json] = field(default_factory=list)
    confirmed: list[Json] = field(default_factory=list)

    def answer_for(self, page: Page) -> None:
        page.route("https://js.stripe.com/v3/", self._script)
        page.route("**/api/payments/intents", self._intend)
        page.route("https://api.stripe.com/confirm", self._confirm)
        page.route(f"{_BANK}?*", self._ask_back)

    def _script(self, route: Route) -> None:
        route.fulfill(path=_STAND_IN, content_type="text/javascript")

    def _intend(self, route: Route) -> None:
        self.intents.append(json.loads(route.request.post_data or ""))
        if self.problem:
            route.fulfill(status=400, json={"detail": self.problem})
        else:
            route.fulfill(status=201, json={"clientSecret": SECRET})

    def _confirm(self, route: Route) -> None:
        told = json.loads(route.request.post_data or "")
        self.confirmed.append(told)
        answer: Json = {}
        if told["number"] == DECLINED:
            answer = {"error": {"message": "Your card was declined."}}
        elif told["number"] == ASKS_BACK:
            answer = {"bank": _BANK}
        else:
            self._authorise()
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": "*"})

    def _ask_back(self, route: Route) -> None:
        [back] = parse_qs(urlsplit(route.request.url).query)["back"]
        self._authorise()
        route.fulfill(content_type="text/html", body=f'<title>Bank</title><a href="{back}">It is me</a>')

    def _authorise(self) -> None:
        self.order["status"] = "complete"
        self.market.tickets[self.order["ticket"]["id"]]["sold"] = True
        self.market.add_payment(self.order, "captured")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("live"), stripe_key=KEY) as shop:
        yield shop


@pytest.fixture
def windows(shop: Shop, chromium: Browser) -> Iterator[Windows]:
    yield from watched(chromium, shop.url)


@pytest.fixture
def page(windows: Windows) -> Page:
    return windows.open(width=PHONE, allowed={400, 503})


@pytest.fixture
def bank(shop: Shop, page: Page) -> Bank:
    """The bank of a held ticket, whose page is open."""
    scene = shop.show("hold")
    bank = Bank(scene.market, next(iter(scene.market.orders.values())))
    bank.answer_for(page)
    enter(page, shop, scene)
    return bank


def pay(page: Page, number: str) -> None:
    page.get_by_label("Card (payment)").fill(number)
    page.get_by_role("button", name="Pay $88.50").click()


class TestPaying:
    def test_takes_the_cards_payment_for_the_orders_intent(self, page: Page, bank: Bank) -> None:
        pay(page, WORKS)
        heading(page, "Order confirmed")
        assert bank.intents == [{"orderId": bank.order["id"]}]
        [told] = bank.confirmed
        assert (told["key"], told["clientSecret"], told["redirect"]) == (KEY, SECRET, "if_required")
        options = told["options"]
        assert (options["amount"], options["currency"], options["captureMethod"]) == (8850, "usd", "manual")

    def test_begins_nothing_while_the_card_is_incomplete(self, page: Page, bank: Bank) -> None:
        pay(page, "")
        expect(page.get_by_role("alert")).to_have_text("Your card number is incomplete.")
        assert bank.intents == []
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_says_a_decline_beside_the_card_and_takes_another(self, page: Page, bank: Bank) -> None:
        pay(page, DECLINED)
        expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
        pay(page, WORKS)
        heading(page, "Order confirmed")
        assert [told["number"] for told in bank.confirmed] == [DECLINED, WORKS]

    def test_goes_by_the_banks_page_and_back_to_the_order(self, page: Page, bank: Bank) -> None:
        order = page.url
        pay(page, ASKS_BACK)
        page.get_by_role("link", name="It is me").click()
        heading(page, "Order confirmed")
        assert page.url == order

    def test_says_why_payments_refuse(self, page: Page, bank: Bank) -> None:
        bank.problem = "Cannot pay for a cancelled order"
        pay(page, WORKS)
        expect(page.get_by_role("alert")).to_have_text(bank.problem)
        assert bank.confirmed == []


class TestTheCardForm:
    def test_works_when_the_page_has_replaced_it(self, page: Page, bank: Bank) -> None:
        pay(page, DECLINED)
        expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
        bank.market.add_payment(bank.order, "declined", failure={"message": "Your card was declined."})
        expect(page.get_by_text("The bank refused:", exact=True)).to_be_visible()
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_works_when_there_is_more_time(self, page: Page, bank: Bank) -> None:
        later = datetime.now(UTC) + timedelta(minutes=20)
        page.evaluate("() => { document.getElementById('card-form').dataset.old = 'yes'; }")
        bank.order.update(extended=True, expiresAt=timestamp(later))
        expect(page.locator("#card-form[data-old]")).to_have_count(0)
        pay(page, WORKS)
        heading(page, "Order confirmed")

    def test_says_that_stripe_is_not_answering(self, shop: Shop, page: Page) -> None:
        scene = shop.show("hold")
        page.route("https://js.stripe.com/v3/", lambda route: route.fulfill(status=503))
        enter(page, shop, scene)
        expect(page.get_by_role("alert")).to_contain_text("Stripe isn't answering. Nothing was charged")
        expect(page.get_by_role("button", name="Pay $88.50")).to_be_disabled()

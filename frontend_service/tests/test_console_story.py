from pathlib import Path
from typing import Any, get_args

import pytest

from contracts import order as orders
from contracts import payment as payments
from frontend_service.pages.console.event_texts import _CANCELLED, _REASONS, _SENTENCES, caused_by, describe
from frontend_service.pages.messages import CANCEL_REASONS
from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import new_id
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import add_dead_letters, add_purchase
from tests.browser.scenario import Scenario

Json = dict[str, Any]
GOLDEN = Path(orders.__file__).parents[1] / "tests" / "contracts" / "golden"


@pytest.fixture
def order(marketplace: Marketplace) -> Json:
    return add_purchase(Scenario(market=marketplace))


class TestAStory:
    def test_tells_all_services_events_in_order_of_time(self, operator: Browser, order: Json) -> None:
        shown = text_of(operator.open(f"/console/story/order/{order['id']}"))
        told = [
            "“Swan Lake, stalls row 7” was listed for $88.50.",
            "A hold began on “Swan Lake, stalls row 7” for $88.50",
            "The ticket went off sale for a hold.",
            "A payment of $88.50 started.",
            "The bank approved $88.50; nothing is charged yet.",
            "The order is paid",
            "The card was charged $88.50.",
        ]
        # Each text's first mention: a later event may name it as its cause.
        places = [shown.index(text) for text in told]
        assert places == sorted(places)

    def test_says_who_caused_what(self, operator: Browser, order: Json) -> None:
        page = operator.open(f"/console/story/order/{order['id']}")
        assert "by the buyer" in text_of(page)
        assert "because: A hold began" in text_of(page)

    def test_has_the_raw_data(self, marketplace: Marketplace, operator: Browser, order: Json) -> None:
        page = operator.open(f"/console/story/order/{order['id']}")
        assert '"payment_id"' in text_of(page)
        correlation = marketplace.logs["orders"][0]["correlationId"]
        assert f'href="/console/search?q={correlation}"' in page.content.decode()

    def test_follows_related_ids_one_level(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        """A payment's story has its order's events, and not the listing's creation, which is two away."""
        [payment] = marketplace.payments.values()
        shown = text_of(operator.open(f"/console/story/payment/{payment['id']}"))
        assert "A hold began" in shown
        assert "The ticket went off sale for a hold." in shown
        assert "was listed for" not in shown

    def test_of_an_account_has_all_that_it_did(self, operator: Browser, order: Json) -> None:
        page = operator.open(f"/console/story/account/{order['userId']}")
        shown = text_of(page)
        assert "cy@example.com" in shown
        assert "The account was created." in shown
        assert "A hold began" in shown
        assert "The card was charged" in shown

    def test_links_what_else_is_in_it(self, operator: Browser, order: Json) -> None:
        html = operator.open(f"/console/story/order/{order['id']}").content.decode()
        assert f'href="/console/story/ticket/{order["ticket"]["id"]}"' in html
        assert f'href="/console/story/account/{order["userId"]}"' in html

    def test_says_names_instead_of_ids(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        for address in (f"order/{order['id']}", f"payment/{next(iter(marketplace.payments))}"):
            shown = text_of(operator.open(f"/console/story/{address}"))
            assert "Buyer cy@example.com" in shown
            assert order["userId"] not in shown.partition("Also in this story")[2]
        assert "Order Swan Lake, stalls row 7" in shown

    def test_says_what_a_payment_is_for(self, operator: Browser, order: Json) -> None:
        shown = text_of(operator.open(f"/console/story/account/{order['userId']}"))
        assert "Payment $88.50 · Swan Lake, stalls row 7" in shown

    def test_says_that_the_shop_hides_a_suspended_sellers_listing(
        self, marketplace: Marketplace, operator: Browser
    ) -> None:
        seller = marketplace.add_user("bo@example.com")
        listing = {"title": "Swan Lake", "price": "9.00", "user_id": seller, "status": "available"}
        marketplace.record("ticket.created", new_id(), listing, minutes_ago=9)
        address = f"/console/story/account/{seller}"
        assert "Ticket Swan Lake On sale" in text_of(operator.open(address))
        marketplace.users["bo@example.com"]["status"] = "suspended"
        assert "Ticket Swan Lake Hidden: seller suspended" in text_of(operator.open(address))

    @pytest.mark.parametrize("down", ["users", "tickets", "orders", "payments"])
    def test_shows_what_the_other_services_know(
        self, marketplace: Marketplace, operator: Browser, order: Json, down: str
    ) -> None:
        marketplace.down = {down}
        page = operator.open(f"/console/story/order/{order['id']}")
        assert page.status_code == 200
        assert "don’t answer." in text_of(page)
        assert ("The card was charged" in text_of(page)) == (down != "payments")

    def test_is_not_found_where_nobody_knows_it(self, operator: Browser) -> None:
        assert operator.open(f"/console/story/order/{new_id()}").status_code == 404

    def test_survives_events_of_another_kind(
        self, marketplace: Marketplace, operator: Browser, order: Json
    ) -> None:
        marketplace.record("order.teleported", order["id"], {"ticket": None}, minutes_ago=1)
        assert "Recorded: order.teleported" in text_of(operator.open(f"/console/story/order/{order['id']}"))


class TestWhatMayBeDone:
    @pytest.mark.parametrize(
        ("kind", "status", "verb"),
        [
            ("order", "created", "release"),
            ("order", "awaiting:payment", "release"),
            ("payment", "captured", "refund"),
            ("payment", "authorized", "settle"),
            ("ticket", "listed", "withdraw"),
            ("account", "active", "suspend"),
            ("account", "suspended", "reinstate"),
        ],
    )
    def test_depends_on_the_status(
        self, marketplace: Marketplace, operator: Browser, order: Json, kind: str, status: str, verb: str
    ) -> None:
        rows: dict[str, Json] = {
            "order": order,
            "payment": next(iter(marketplace.payments.values())),
            "ticket": marketplace.tickets[order["ticket"]["id"]],
            "account": marketplace.users["cy@example.com"],
        }
        name = "state" if kind == "ticket" else "status"
        rows[kind][name] = status
        page = operator.open(f"/console/story/{kind}/{rows[kind]['id']}")
        assert f'href="/console/{kind}/{rows[kind]["id"]}/{verb}?back=' in page.content.decode()
        rows[kind][name] = "something else"
        page = operator.open(f"/console/story/{kind}/{rows[kind]['id']}")
        assert f'href="/console/{kind}/{rows[kind]["id"]}/{verb}' not in page.content.decode()

    def test_includes_a_redrive(self, marketplace: Marketplace, operator: Browser) -> None:
        dead = add_dead_letters(Scenario(market=marketplace))
        page = operator.open(f"/console/story/payment/{dead['aggregateId']}")
        assert "Orders could not apply payment.captured." in text_of(page)
        assert f'href="/console/events/orders/{dead["id"]}/redrive?back=' in page.content.decode()


class TestTheTexts:
    def test_cover_every_event(self) -> None:
        known = {path.name.rsplit(".", 2)[0] for path in GOLDEN.glob("*.json")}
        assert set(_SENTENCES) | {"order.cancelled"} == known

    @pytest.mark.parametrize("event", [*_SENTENCES, "order.cancelled", "order.teleported"])
    def test_are_there_whatever_the_data(self, event: str) -> None:
        assert describe(event, {})
        assert describe(event, {"ticket": None, "amount": "many", "expires_at": 7, "reason_code": None})

    def test_cover_every_reason(self) -> None:
        # One without a text of the console's has the text that buyers read.
        assert set(_CANCELLED) <= set(get_args(orders.CancelReason)) <= set(CANCEL_REASONS)
        reasons = (
            payments.DeclineReason,
            payments.VoidReason,
            payments.RefundReason,
            payments.CaptureFailReason,
        )
        assert {one for kind in reasons for one in get_args(kind)} == set(_REASONS)

    def test_accept_unknown_reasons(self) -> None:
        assert describe("order.cancelled", {"cancel_reason": "a newer one"}) == "The order was cancelled."
        assert caused_by("order.cancelled", {"cancel_reason": "a newer one"}) == ""
        assert describe("payment.voided", {"reason_code": "a_newer_one", "reason": "Because"}).endswith(
            "Because."
        )

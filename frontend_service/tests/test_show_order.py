from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from frontend_service.tests.browser import Browser, forms_in, text_of
from frontend_service.tests.fake_answers import timestamp
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>"


class TestShowOrder:
    def test_shows_a_hold_with_its_end_and_the_test_cards(
        self, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        words = text_of(page)
        until = datetime.fromisoformat(held["expiresAt"])
        assert f"until {until:%H:%M} UTC" in words
        assert "Test mode" in words
        for card in ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"):
            assert card in words
        assert f'data-until="{until.isoformat()}"' in page.content.decode()
        assert "http-equiv" not in page.content.decode()

    def test_refreshes_itself_without_script_while_it_waits(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held["status"] = "awaiting:payment"
        marketplace.add_payment(held, "authorized")
        page = visitor.open(f"/orders/{held['id']}")
        assert "Processing your payment" in text_of(page)
        assert f'http-equiv="refresh" content="3; url=/orders/{held["id"]}"' in page.content.decode()

    def test_shows_an_expired_hold_before_orders_cancels_it(
        self, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held["expiresAt"] = timestamp(datetime.now(UTC) - timedelta(seconds=1))
        page = visitor.open(f"/orders/{held['id']}")
        assert "Your hold has expired" in text_of(page)
        assert f"/orders/{held['id']}/pay" not in page.content.decode()

    def test_shows_a_paid_order(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held["status"] = "complete"
        marketplace.add_payment(held, "captured")
        words = text_of(visitor.open(f"/orders/{held['id']}"))
        assert "Order confirmed" in words
        assert "You paid $48.00 ." in words

    def test_offers_to_hold_an_expired_ticket_again(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.end_order(held, "expired")
        page = visitor.open(f"/orders/{held['id']}")
        assert "Your hold expired You were not charged." in text_of(page)
        answer = visitor.fill(page, f"/tickets/{held['ticket']['id']}/hold")
        assert answer.headers["Location"] != f"/orders/{held['id']}"
        assert len(marketplace.orders) == 2

    @pytest.mark.parametrize(
        ("reason", "payment", "words"),
        [
            ("buyer", "", "You released this ticket. You were not charged."),
            ("withdrawn", "voided", "The seller withdrew this ticket. You were not charged."),
            ("buyer", "started", "We're cancelling your payment. You won't be charged."),
            ("operator", "authorized", "We're releasing the amount reserved on your card."),
            ("refunded", "refunded", "This purchase was refunded. We refunded your payment to your card."),
            ("refunded", "captured", "Your refund is on its way to your card."),
            ("capture_failed", "capture_failed", "The payment could not be completed. You were not charged:"),
            ("suspended", "", "The account was suspended"),
            ("operator", "", "Our support team cancelled this order."),
            ("of_a_newer_kind", "", "This order was cancelled. You were not charged."),
        ],
    )
    def test_says_why_it_ended_and_what_happens_to_the_money(
        self,
        marketplace: Marketplace,
        visitor: Browser,
        held: dict[str, Any],
        reason: str,
        payment: str,
        words: str,
    ) -> None:
        marketplace.end_order(held, reason)
        if payment:
            marketplace.add_payment(held, payment)
        assert words in text_of(visitor.open(f"/orders/{held['id']}"))

    @pytest.mark.parametrize(
        ("payment", "code", "words"),
        [
            ("voided", "order_cancelled", "Your hold expired You were not charged."),
            ("requires_action", "", "Your hold expired We're cancelling your payment."),
            (
                "authorized",
                "",
                "Your bank approved the payment too late. We're releasing the reserved amount",
            ),
            (
                "voided",
                "authorized_too_late",
                "Your bank approved the payment too late. The reserved amount was released",
            ),
            ("captured", "", "Your payment came too late. A full refund is on its way to your card."),
            ("refunded", "order_cancelled", "Your payment came too late. We refunded it in full."),
        ],
    )
    def test_shows_the_refund_of_a_late_payment(
        self,
        marketplace: Marketplace,
        visitor: Browser,
        held: dict[str, Any],
        payment: str,
        code: str,
        words: str,
    ) -> None:
        marketplace.end_order(held, "expired")
        marketplace.add_payment(held, payment, reasonCode=code)
        page = visitor.open(f"/orders/{held['id']}")
        assert words in text_of(page)
        visitor.fill(page, f"/tickets/{held['ticket']['id']}/hold")
        assert len(marketplace.orders) == 2

    @pytest.mark.parametrize(
        ("payment", "words"),
        [
            ("authorized", "Order confirmed Your bank approved the payment. We're completing the charge."),
            ("captured", "Order confirmed You paid $48.00"),
            (
                "capture_failed",
                "Cancelling your order You were not charged: your bank approved the payment, then",
            ),
            ("refunded", "Cancelling your order We refunded your payment to your card."),
        ],
    )
    def test_shows_the_charge_of_a_complete_order(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any], payment: str, words: str
    ) -> None:
        held["status"] = "complete"
        marketplace.add_payment(held, payment)
        page = visitor.open(f"/orders/{held['id']}")
        assert words in text_of(page)
        assert ("data-waiting" in page.content.decode()) == (payment != "captured")

    def test_says_why_the_last_card_was_refused(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        failure = {"code": "authentication_failure", "message": "You said no."}
        marketplace.add_payment(held, "declined", failure=failure)
        page = visitor.open(f"/orders/{held['id']}")
        assert "Payment declined: You said no. You were not charged." in text_of(page)
        assert f"/orders/{held['id']}/pay" in [form.action for form in forms_in(page)]

    def test_misses_only_the_payment_when_payments_are_down(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.down = {"payments"}
        page = visitor.open(f"/orders/{held['id']}")
        assert page.status_code == 200
        assert "Held for you" in text_of(page)
        assert "Payments are unavailable" in text_of(page)
        assert f"/orders/{held['id']}/cancel" in [form.action for form in forms_in(page)]
        marketplace.end_order(held, "expired")
        words = text_of(visitor.open(f"/orders/{held['id']}"))
        assert "Nothing was charged" not in words

    def test_is_a_403_for_another_users(self, marketplace: Marketplace, visitor: Browser) -> None:
        order = marketplace.add_order(buyer=marketplace.add_user("bo@example.com"))
        page = visitor.open(f"/orders/{order['id']}")
        assert page.status_code == 403
        assert "This is not your order" in text_of(page)
        assert page.headers["X-Request-Id"] in text_of(page)

    def test_is_a_404_for_an_unknown_one(self, visitor: Browser) -> None:
        assert visitor.open("/orders/0190b6a0-0000-7000-8000-000000000001").status_code == 404

    def test_escapes_the_title(self, marketplace: Marketplace, visitor: Browser, visitor_id: str) -> None:
        order = marketplace.add_order(buyer=visitor_id, ticket=marketplace.add_ticket(title=HOSTILE))
        assert b"<script>alert" not in visitor.open(f"/orders/{order['id']}").content
        assert b"<script>alert" not in visitor.open("/orders").content

    def test_redirects_to_sign_in(self, signed_out: Browser, held: dict[str, Any]) -> None:
        answer = signed_out.open(f"/orders/{held['id']}")
        assert answer.headers["Location"] == f"/auth/signin?next=%2Forders%2F{held['id']}"


class TestOrderStatus:
    @pytest.mark.parametrize("reason", ["expired", "refunded", "capture_failed", "operator"])
    def test_offers_no_ticket_that_another_buyer_holds(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any], reason: str
    ) -> None:
        marketplace.end_order(held, reason)
        marketplace.add_order(
            buyer=marketplace.add_user("bo@example.com"), ticket=marketplace.tickets[held["ticket"]["id"]]
        )
        page = visitor.open(f"/orders/{held['id']}/status")
        assert "This ticket is no longer available." in text_of(page)
        assert not any(form.action.endswith("/hold") for form in forms_in(page))

    def test_offers_no_withdrawn_ticket(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.end_order(held, "buyer")
        del marketplace.tickets[held["ticket"]["id"]]
        page = visitor.open(f"/orders/{held['id']}/status")
        assert not any(form.action.endswith("/hold") for form in forms_in(page))

    def test_offers_it_when_tickets_has_not_released_it_yet(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        held.update(status="cancelled", cancelReason="expired")
        page = visitor.open(f"/orders/{held['id']}/status")
        assert "Still available." in text_of(page)

    def test_still_offers_it_when_tickets_are_down(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.end_order(held, "expired")
        marketplace.down = {"tickets"}
        page = visitor.open(f"/orders/{held['id']}/status")
        assert page.status_code == 200
        assert "still free" not in text_of(page)
        assert f"/tickets/{held['ticket']['id']}/hold" in [form.action for form in forms_in(page)]

    def test_is_only_the_partial(self, visitor: Browser, held: dict[str, Any]) -> None:
        part = visitor.open(f"/orders/{held['id']}/status").content.decode()
        assert "<html" not in part
        assert 'data-state="held::0:' in part

    def test_has_a_new_version_when_the_page_changes(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        before = visitor.open(f"/orders/{held['id']}/status").content.decode()
        marketplace.end_order(held, "expired")
        after = visitor.open(f"/orders/{held['id']}/status").content.decode()
        assert 'data-state="cancelled::0:' in after
        assert "data-waiting" not in before + after

    def test_is_a_304_for_the_same_version(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        etag = unescape(page.content.decode().partition('data-etag="')[2].partition('"')[0])
        address = f"/orders/{held['id']}/status"
        assert visitor.open(address, **{"If-None-Match": etag}).status_code == 304
        marketplace.end_order(held, "expired")
        assert visitor.open(address, **{"If-None-Match": etag}).status_code == 200


class TestOrders:
    def test_shows_each_with_its_state(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str, held: dict[str, Any]
    ) -> None:
        marketplace.add_order(buyer=visitor_id, status="complete")
        marketplace.end_order(marketplace.add_order(buyer=visitor_id), "expired")
        marketplace.add_order(buyer=visitor_id, status="awaiting:payment")
        marketplace.add_order(buyer=visitor_id, expiresAt=timestamp(datetime.now(UTC)))
        words = text_of(visitor.open("/orders"))
        for state in ("Held until", "Paid", "Cancelled Your hold expired.", "Payment processing", "Expired"):
            assert state in words

    def test_says_what_to_do_when_there_are_none(self, visitor: Browser) -> None:
        assert "You have no orders yet" in text_of(visitor.open("/orders"))

    def test_links_to_the_next_page(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        marketplace.page_length = 1
        for title in ("Old", "New"):
            marketplace.add_order(buyer=visitor_id, ticket=marketplace.add_ticket(title=title))
        page = visitor.open("/orders")
        cursor = page.content.decode().rpartition("?cursor=")[2].partition('"')[0]
        assert "Old" in text_of(visitor.open(f"/orders?cursor={cursor}"))

    def test_is_a_503_page_when_orders_are_down(self, marketplace: Marketplace, visitor: Browser) -> None:
        marketplace.down = {"orders"}
        page = visitor.open("/orders")
        assert page.status_code == 503
        assert "Orders are unavailable" in text_of(page)

    def test_redirects_to_sign_in(self, signed_out: Browser) -> None:
        assert signed_out.open("/orders").headers["Location"] == "/auth/signin?next=%2Forders"

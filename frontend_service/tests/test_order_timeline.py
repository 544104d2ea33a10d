"""What an order's page shows of its past: the timeline and the receipt."""

from typing import Any

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_marketplace import Marketplace


class TestTimeline:
    def test_shows_what_happened_in_order(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        visitor.fill(page, f"/orders/{held['id']}/extend")
        marketplace.add_payment(held, "declined", failure={"code": "x", "message": "Insufficient funds."})
        visitor.fill(page, f"/orders/{held['id']}/pay")
        words = text_of(visitor.open(f"/orders/{held['id']}")).partition("What happened")[2]
        expected = [
            "Ticket reserved.",
            "You extended your hold.",
            "Payment declined: Insufficient funds.",
            "The ticket is yours",
            "Your card was charged.",
        ]
        places = [words.index(line) for line in expected]
        assert places == sorted(places)

    def test_tells_of_a_part_that_went_back(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.add_payment(held, "captured", refunded="5.00", amount="48.00", currency="USD")
        words = text_of(visitor.open(f"/orders/{held['id']}"))
        assert "Your card was charged. $5.00 went back to your card." in words

    def test_of_a_part_that_went_back_is_on_page_and_receipt(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        visitor.fill(visitor.open(f"/orders/{held['id']}"), f"/orders/{held['id']}/pay")
        [payment] = marketplace.payments.values()
        payment |= {
            "refunded": "5.00",
            "amount": "48.00",
            "currency": "USD",
            "updatedAt": "2031-05-17T10:00:00Z",
        }
        assert "You paid $48.00 . Enjoy the show. $5.00 went back" in text_of(
            visitor.open(f"/orders/{held['id']}")
        )
        receipt = text_of(visitor.open(f"/orders/{held['id']}/receipt"))
        assert "Total $48.00 Refunded to your card $5.00" in receipt
        assert "2031" not in receipt

    def test_omits_the_payments_when_payments_are_down(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        marketplace.down = {"payments"}
        assert "Ticket reserved." in text_of(visitor.open(f"/orders/{held['id']}"))


class TestReceipt:
    def test_shows_what_was_paid(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        visitor.fill(visitor.open(f"/orders/{held['id']}"), f"/orders/{held['id']}/pay")
        order = visitor.open(f"/orders/{held['id']}")
        assert f"/orders/{held['id']}/receipt" in order.content.decode()
        words = text_of(visitor.open(f"/orders/{held['id']}/receipt"))
        for part in ("Receipt", "Nina at the Roundhouse", "$48.00", "ada@example.com", held["id"]):
            assert part in words

    def test_redirects_before_the_capture(self, visitor: Browser, held: dict[str, Any]) -> None:
        answer = visitor.open(f"/orders/{held['id']}/receipt")
        assert answer.headers["Location"] == f"/orders/{held['id']}"

    def test_is_a_403_for_another_users(self, marketplace: Marketplace, visitor: Browser) -> None:
        order = marketplace.add_order(buyer=marketplace.add_user("bo@example.com"))
        assert visitor.open(f"/orders/{order['id']}/receipt").status_code == 403

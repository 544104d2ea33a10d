from typing import Any

from frontend_service.tests.browser import Browser, forms_in, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>"


class TestExtendOrder:
    def test_extends_the_hold_once(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        before = held["expiresAt"]
        answer = visitor.fill(page, f"/orders/{held['id']}/extend")
        assert held["expiresAt"] > before
        extended = visitor.follow(answer)
        assert "Your hold was extended." in text_of(extended)
        assert f"/orders/{held['id']}/extend" not in [form.action for form in forms_in(extended)]
        again = visitor.fill(page, f"/orders/{held['id']}/extend")
        once = held["expiresAt"]
        assert "You can extend a hold only once." in text_of(visitor.follow(again))
        assert held["expiresAt"] == once

    def test_shows_why_it_failed(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        refusal = Problem(400, "order-not-open", "Only a living hold can be extended.")
        marketplace.problems = {f"POST /api/orders/{held['id']}/extend": refusal}
        answer = visitor.fill(page, f"/orders/{held['id']}/extend")
        assert "Only a living hold can be extended." in text_of(visitor.follow(answer))

    def test_does_nothing_on_a_get(self, visitor: Browser, held: dict[str, Any]) -> None:
        assert visitor.open(f"/orders/{held['id']}/extend").status_code == 302
        assert not held["extended"]

    def test_requires_the_csrf_token(self, visitor: Browser, held: dict[str, Any]) -> None:
        assert visitor.send(f"/orders/{held['id']}/extend", {}).status_code == 403
        assert not held["extended"]


class TestCancelOrder:
    def test_releases_the_ticket(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        answer = visitor.fill(page, f"/orders/{held['id']}/cancel")
        assert "You released this ticket" in text_of(visitor.follow(answer))
        assert marketplace.tickets[held["ticket"]["id"]]["orderId"] is None

    def test_shows_why_it_failed(
        self, marketplace: Marketplace, visitor: Browser, held: dict[str, Any]
    ) -> None:
        page = visitor.open(f"/orders/{held['id']}")
        held["status"] = "complete"
        answer = visitor.fill(page, f"/orders/{held['id']}/cancel")
        assert "A complete order cannot be cancelled" in text_of(visitor.follow(answer))

    def test_does_nothing_on_a_get(self, visitor: Browser, held: dict[str, Any]) -> None:
        assert visitor.open(f"/orders/{held['id']}/cancel").status_code == 302
        assert held["status"] == "created"

    def test_requires_the_csrf_token(self, visitor: Browser, held: dict[str, Any]) -> None:
        assert visitor.send(f"/orders/{held['id']}/cancel", {}).status_code == 403
        assert held["status"] == "created"

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from frontend_service.pages.console.actions import ACTIONS
from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import add_purchase
from tests.browser.scenario import Scenario

Json = dict[str, Any]
REASON = "The event was called off"


@pytest.fixture
def things(marketplace: Marketplace) -> dict[str, str]:
    """The id of one thing of each kind."""
    order = add_purchase(Scenario(market=marketplace))
    return {
        "order": order["id"],
        "ticket": order["ticket"]["id"],
        "account": order["userId"],
        "payment": next(iter(marketplace.payments)),
    }


@pytest.fixture
def refund(things: dict[str, str]) -> str:
    return f"/console/payment/{things['payment']}/refund"


class TestEveryAction:
    @pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
    def test_says_what_will_happen_and_does_it(
        self, marketplace: Marketplace, operator: Browser, things: dict[str, str], action: Any
    ) -> None:
        thing = things[action.kind]
        address = f"/console/{action.kind}/{thing}/{action.verb}"
        page = operator.open(address)
        for effect in action.effects:
            assert str(effect) in text_of(page)
        assert thing in text_of(page)
        assert marketplace.acted == []
        answer = operator.fill(page, address, reason=REASON)
        [(_, path, body)] = marketplace.acted
        assert path.endswith(f"s/{thing}/{action.verb}")
        assert body["reason"] == REASON
        assert answer.headers["Location"] == f"/console/story/{action.kind}/{thing}"
        assert str(action.done) in text_of(operator.follow(answer))

    @pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
    def test_needs_a_reason(
        self, marketplace: Marketplace, operator: Browser, things: dict[str, str], action: Any
    ) -> None:
        address = f"/console/{action.kind}/{things[action.kind]}/{action.verb}"
        assert operator.fill(operator.open(address), address).status_code == 400
        assert marketplace.acted == []

    def test_leads_back_to_where_one_came_from(
        self, operator: Browser, refund: str, things: dict[str, str]
    ) -> None:
        story = f"/console/story/order/{things['order']}"
        address = f"{refund}?{urlencode({'back': story})}"
        page = operator.open(address)
        assert f'<a href="{story}">Cancel</a>' in page.content.decode()
        assert operator.fill(page, address, reason=REASON).headers["Location"] == story

    @pytest.mark.parametrize(
        "back", ["https://evil.example", "//evil.example", "/orders", "/console/../orders"]
    )
    def test_never_leads_out_of_the_console(
        self, operator: Browser, refund: str, things: dict[str, str], back: str
    ) -> None:
        page = operator.open(f"{refund}?{urlencode({'back': back})}")
        assert "evil" not in page.content.decode().partition("<main")[2].partition('<form class="stack"')[0]

    def test_says_names_instead_of_ids(
        self, marketplace: Marketplace, operator: Browser, refund: str, things: dict[str, str]
    ) -> None:
        shown = text_of(operator.open(refund))
        assert "Buyer cy@example.com" in shown
        assert "Order Swan Lake, stalls row 7" in shown
        marketplace.down = {"orders"}
        assert f"Order {things['order']}" in text_of(operator.open(refund))


class TestARefund:
    def test_of_a_part_names_the_version_that_was_seen(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        operator.fill(operator.open(refund), refund, reason=REASON, amount="5.5")
        assert [body for _, _, body in marketplace.acted] == [
            {"reason": REASON, "amount": "5.5", "version": 3}
        ]

    @pytest.mark.parametrize("amount", ["five", "1.999", "NaN"])
    def test_needs_an_amount_of_money(
        self, marketplace: Marketplace, operator: Browser, refund: str, amount: str
    ) -> None:
        answer = operator.fill(operator.open(refund), refund, reason=REASON, amount=amount)
        assert answer.status_code == 400
        assert f'value="{amount}"' in answer.content.decode()
        assert marketplace.acted == []

    def test_of_a_payment_that_has_changed_shows_it_as_it_is_now(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        page = operator.open(refund)
        [payment] = marketplace.payments.values()
        payment |= {"version": 4, "amount": "48.00", "currency": "USD", "refunded": "5.00"}
        changed = Problem(412, "payment-changed", "This payment has changed. Look again.")
        marketplace.problems[f"POST {_api_of(refund)}"] = changed
        answer = operator.fill(page, refund, reason=REASON, amount="5.00")
        assert "This payment has changed. Look again." in text_of(answer)
        assert "Refunded $5.00" in text_of(answer)
        marketplace.problems.clear()
        operator.fill(answer, refund)
        assert [body["version"] for _, _, body in marketplace.acted] == [4]

    def test_keeps_its_amount_while_the_operator_signs_in(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        marketplace.has_recent_login = False
        answer = operator.fill(operator.open(refund), refund, reason=REASON, amount="5.00")
        assert "amount%3D5.00" in answer.headers["Location"]


class TestFailures:
    def test_shows_the_services_reason_beside_the_field(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        page = operator.open(refund)
        refused = Problem(400, "reason-required", "Say why.", name="reason")
        marketplace.problems[f"POST {_api_of(refund)}"] = refused
        answer = operator.fill(page, refund, reason=REASON)
        assert answer.status_code == 400
        assert "Say why." in text_of(answer)

    @pytest.mark.parametrize(
        ("problem", "says"),
        [
            (
                Problem(400, "not-captured", "Only a captured payment can be refunded."),
                "Only a captured payment",
            ),
            (Problem(403, "not-allowed", "Your role may not do this."), "Your role may not do this."),
            (Problem(409, "being-tried", "It is being tried now."), "It is being tried now."),
            (Problem(429, "too-many", "Slow down", retry_after=30), "Try again in 30 seconds"),
            (Problem(503, "unavailable", "Not now"), "Payments are unavailable right now."),
        ],
    )
    def test_are_shown_and_the_reason_is_kept(
        self, marketplace: Marketplace, operator: Browser, refund: str, problem: Problem, says: str
    ) -> None:
        page = operator.open(refund)
        marketplace.problems[f"POST {_api_of(refund)}"] = problem
        answer = operator.fill(page, refund, reason=REASON)
        assert answer.status_code == problem.status
        assert says in text_of(answer)
        assert f'value="{REASON}"' in answer.content.decode()
        assert marketplace.acted == []

    def test_of_the_service_show_its_error_page(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        marketplace.down = {"payments"}
        answer = operator.open(refund)
        assert answer.status_code == 503
        assert "Payments are unavailable" in text_of(answer)


class TestARecentSignIn:
    def test_leads_back_to_the_form_with_the_reason(
        self, marketplace: Marketplace, operator: Browser, refund: str, things: dict[str, str]
    ) -> None:
        marketplace.has_recent_login = False
        story = f"/console/story/order/{things['order']}"
        address = f"{refund}?{urlencode({'back': story})}"
        answer = operator.fill(operator.open(address), address, reason=REASON)
        page = operator.follow(answer)
        assert "This needs a sign-in of the last 10 minutes." in text_of(page)
        marketplace.has_recent_login = True
        answer = operator.fill(page, "/auth/signin", email="op@example.com", password="correct horse")
        back = answer.headers["Location"]
        assert urlsplit(back).path == refund
        assert parse_qs(urlsplit(back).query) == {"back": [story], "reason": [REASON]}
        page = operator.follow(answer)
        assert f'value="{REASON}"' in page.content.decode()
        assert marketplace.acted == []
        answer = operator.fill(page, back)
        assert answer.headers["Location"] == story
        assert [body["reason"] for _, _, body in marketplace.acted] == [REASON]

    def test_is_what_an_ended_session_needs_too(
        self, marketplace: Marketplace, operator: Browser, refund: str
    ) -> None:
        page = operator.open(refund)
        marketplace.problems[f"POST {_api_of(refund)}"] = Problem(401, "not-authenticated", "Sign in first.")
        answer = operator.fill(page, refund, reason=REASON)
        assert answer.headers["Location"].startswith("/auth/signin?next=%2Fconsole%2Fpayment%2F")
        assert "reason" in answer.headers["Location"]


def _api_of(refund: str) -> str:
    payment = refund.split("/")[3]
    return f"/api/payments/staff/payments/{payment}/refund"

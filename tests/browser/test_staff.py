"""The admin in a browser: accessible, narrow enough for a phone, and free of errors under its policy."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Account, Pages, heading
from tests.browser.test_pages import axe, overflow, small_targets
from tests.load.client import Json
from tests.running_stack import RunningStack

OPERATOR = "operator@example.com"

#: Each service's start page, and lists with and without rows.
PLACES = (
    "/admin/auth/",
    "/admin/tickets/",
    "/admin/orders/",
    "/admin/payments/",
    "/admin/auth/accounts/user/",
    "/admin/auth/accounts/session/",
    "/admin/tickets/tickets/ticket/",
    "/admin/orders/orders/order/",
    "/admin/orders/shared_events/parkedevent/?state=dead",
    "/admin/orders/shared_events/loggedevent/",
    "/admin/orders/shared_events/cursor/",
    "/admin/payments/payments/payment/",
)


@dataclass(frozen=True)
class Sold:
    """An order that its buyer has paid."""

    order: Json
    buyer: Account


@pytest.fixture(scope="module")
def sold(account: Callable[[], Account], list_ticket: Callable[..., Json]) -> Sold:
    buyer, ticket = account(), list_ticket("Second row at the Apollo")
    order = buyer.api.hold(ticket)
    buyer.api.pay(order, "tok_visa")
    return Sold(order, buyer)


def sign_in_as_operator(page: Page, stack: RunningStack) -> None:
    """Fill in the sign-in form, which the page shows."""
    page.get_by_label("E-mail").fill(OPERATOR)
    page.get_by_label("Password").fill(stack.password("operator"))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


@pytest.fixture
def staff(stack: RunningStack, pages: Pages) -> Callable[..., Page]:
    """Open pages signed in as the operator."""

    def staff(**more: Any) -> Page:
        page = pages.open(**more)
        page.goto("/auth/signin?next=/admin/auth/")
        sign_in_as_operator(page, stack)
        page.wait_for_url("**/admin/auth/")
        return page

    return staff


@pytest.mark.usefixtures("sold")
class TestEveryPage:
    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("width", [PHONE, DESKTOP])
    def test_is_accessible_and_fits(self, staff: Callable[..., Page], width: int, dark: bool) -> None:
        page, found = staff(width=width, dark=dark), {}
        for place in PLACES:
            page.goto(place)
            found[place] = [*axe(page), *overflow(page), *small_targets(page)]
        assert {place: faults for place, faults in found.items() if faults} == {}


class TestAnId:
    def test_is_short_and_copied_whole(self, staff: Callable[..., Page], sold: Sold) -> None:
        page = staff()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"/admin/orders/orders/order/?q={sold.order['id']}")
        page.get_by_role("button", name=f"Copy {sold.order['id']}").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("() => navigator.clipboard.readText()") == sold.order["id"]

    def test_leads_to_the_account_that_it_names(self, staff: Callable[..., Page], sold: Sold) -> None:
        page = staff()
        page.goto(f"/admin/orders/orders/order/?q={sold.order['id']}")
        page.locator(".field-buyer a").click()
        heading(page, sold.buyer.email)


class TestAListWhoseSessionEnds:
    def test_has_what_was_selected_and_typed_after_the_sign_in(
        self, stack: RunningStack, staff: Callable[..., Page], sold: Sold
    ) -> None:
        page, place = staff(), f"/admin/payments/payments/payment/?q={sold.order['id']}"
        page.goto(place)
        page.locator(".action-select").check()
        page.locator("select[name=action]").select_option("refund")
        page.locator("input[name=reason]").fill("The show was cancelled")
        page.context.clear_cookies(name=re.compile("session|token$"))
        page.get_by_role("button", name="Go").click()
        sign_in_as_operator(page, stack)
        page.wait_for_url("**/admin/payments/payments/payment/**")
        expect(page.locator("input[name=reason]")).to_have_value("The show was cancelled")
        expect(page.locator("select[name=action]")).to_have_value("refund")
        expect(page.locator(".action-select")).to_be_checked()

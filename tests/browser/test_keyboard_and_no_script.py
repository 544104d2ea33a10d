"""Buying and selling without JavaScript, and with the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Account, Pages, heading, sign_in
from tests.browser.keyboard import press, tab_to
from tests.load.client import Json

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
class TestWithoutScript:
    def test_one_buys(self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount) -> None:
        title = f"Without script {width}"
        list_ticket(title)
        page = pages.open(by=account(), width=width, script=False, allowed={402})
        page.get_by_role("searchbox").fill(title)
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name=title).click()
        page.get_by_role("button", name="Hold for 15 minutes").click()
        expect(page.locator(".until")).to_contain_text("UTC")
        pay_with(page, "Payment is declined")
        expect(page.locator("fieldset .error")).to_contain_text("declined")
        pay_with(page, "Bank asks you to confirm")
        page.get_by_role("link", name="Continue to your bank").click()
        page.get_by_role("button", name="Approve payment").click()
        heading(page, "Order confirmed")
        expect(page.get_by_role("link", name="Receipt")).to_be_visible()

    def test_one_sells(self, pages: Pages, width: int, account: MakeAccount) -> None:
        page = pages.open(by=account(), width=width, script=False, allowed={400})
        page.goto("/tickets/new")
        page.get_by_label("Title").fill("Mahler 2")
        page.get_by_label("Price").fill("0")
        page.get_by_role("button", name="List ticket").click()
        expect(page.locator(".has-error .error")).to_have_text("Price must be greater than 0")
        page.get_by_label("Price").fill("30")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator(".preview")).to_contain_text("$30.00")
        page.get_by_role("button", name="List ticket").click()
        expect(page.get_by_role("status").get_by_text("Your ticket is on sale.")).to_be_visible()
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Price").fill("28.50")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".price.big")).to_have_text("$28.50")
        page.get_by_text("Withdraw listing…").click()
        page.get_by_role("button", name="Withdraw listing").click()
        expect(page.get_by_text("You have no listings yet.")).to_be_visible()


def pay_with(page: Page, card: str) -> None:
    """Choose a test card and pay."""
    page.get_by_label(card).check()
    page.get_by_role("button", name="Pay $48.00").click()


def sign_in_by_keyboard(page: Page, account: Account) -> None:
    """Skip the navigation, type e-mail and password, and press Enter."""
    page.goto("/auth/signin")
    press(page, "Skip to content")
    tab_to(page, "E-mail")
    page.keyboard.type(account.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
class TestByKeyboardAlone:
    def test_one_buys(self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount) -> None:
        title = f"{width} by keyboard"
        list_ticket(title)
        page = pages.open(width=width)
        sign_in_by_keyboard(page, account())
        tab_to(page, "Search")
        page.keyboard.type(title)
        page.wait_for_url(f"**/?q={width}+by+keyboard")
        press(page, title)
        heading(page, title)
        press(page, "Hold for 15 minutes")
        heading(page, "Held for you")
        tab_to(page, "Payment succeeds")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Payment is declined")).to_be_checked()
        page.keyboard.press("ArrowUp")
        press(page, "Pay $48.00")
        heading(page, "Order confirmed")
        expect(page.get_by_role("link", name="Receipt")).to_be_visible()  # after the capture
        press(page, "Receipt")
        heading(page, "Receipt")

    def test_one_sells(self, pages: Pages, width: int, account: MakeAccount) -> None:
        page = pages.open(width=width)
        sign_in(page, account())
        page.goto("/sell")
        press(page, "Sell a ticket")
        heading(page, "Sell a ticket")
        for label, words in (("Title", "Typed blind"), ("Price", "12.5"), ("Venue", "Home")):
            tab_to(page, label)
            page.keyboard.type(words)
        press(page, "List ticket")
        heading(page, "Typed blind")
        press(page, "Withdraw listing…")
        tab_to(page, "Withdraw listing")
        page.keyboard.press("Space")
        expect(page.get_by_text("Listing withdrawn.")).to_be_visible()

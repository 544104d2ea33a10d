"""The two journeys that the shop lives by, with no script at all, and with nothing but a keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Account, Windows, heading, sign_in
from tests.load.client import Json

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]

_MOST_STOPS = 60


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
class TestWithoutScript:
    def test_one_buys(
        self, windows: Windows, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        title = f"Without script {width}"
        list_ticket(title)
        page = windows.open(by=account(), width=width, script=False, allowed={402})
        page.get_by_role("searchbox").fill(title)
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name=title).click()
        page.get_by_role("button", name="Hold for 15 minutes").click()
        expect(page.locator(".until")).to_contain_text("UTC")
        page.get_by_label("Payment is declined").check()
        page.get_by_role("button", name="Pay $48.00").click()
        expect(page.locator("fieldset .error")).to_contain_text("declined")
        page.get_by_label("Bank asks you to confirm").check()
        page.get_by_role("button", name="Pay $48.00").click()
        page.get_by_role("link", name="Continue to your bank").click()
        page.get_by_role("button", name="Yes, it's me who pays").click()
        heading(page, "Order confirmed")
        expect(page.get_by_role("link", name="Receipt")).to_be_visible()

    def test_one_sells(self, windows: Windows, width: int, account: MakeAccount) -> None:
        page = windows.open(by=account(), width=width, script=False, allowed={400})
        page.goto("/tickets/new")
        page.get_by_label("Title").fill("Mahler 2")
        page.get_by_label("Price").fill("0")
        page.get_by_role("button", name="List ticket").click()
        expect(page.locator(".has-error .error")).to_have_text("Price must be greater than 0")
        page.get_by_label("Price").fill("30")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator(".preview")).to_contain_text("$30.00")
        page.get_by_role("button", name="List ticket").click()
        expect(page.get_by_text("Your ticket is on sale.")).to_be_visible()
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Price").fill("28.50")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".price.big")).to_have_text("$28.50")
        page.get_by_text("Withdraw listing…").click()
        page.get_by_role("button", name="Withdraw listing").click()
        expect(page.get_by_text("You have no listings yet.")).to_be_visible()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the control with this name has the focus, which must be seen all the way."""
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(
            """() => {
              const one = document.activeElement;
              const named = one.labels?.[0]?.textContent || one.getAttribute("aria-label") || one.textContent;
              const around = [one, one.closest(".ticket"), one.closest(".row")].filter(Boolean);
              return [named.trim(), around.some((box) => getComputedStyle(box).outlineStyle !== "none")];
            }"""
        )
        assert is_seen, f"the focus can't be seen on {name!r}"
        if name.startswith(words):
            return
    raise AssertionError(f"no Tab leads to {words!r}")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
class TestByKeyboardAlone:
    def test_one_buys(
        self, windows: Windows, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        title = f"{width} by keyboard"
        list_ticket(title)
        page = windows.open(width=width)
        buyer = account()
        page.goto("/auth/signin")
        tab_to(page, "Skip to content")
        page.keyboard.press("Enter")
        tab_to(page, "E-mail")
        page.keyboard.type(buyer.email)
        tab_to(page, "Password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/")
        tab_to(page, "Search")
        page.keyboard.type(title)
        page.wait_for_url(f"**/?q={width}+by+keyboard")
        tab_to(page, title)
        page.keyboard.press("Enter")
        heading(page, title)
        tab_to(page, "Hold for 15 minutes")
        page.keyboard.press("Enter")
        heading(page, "Held for you")
        tab_to(page, "Payment succeeds")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Payment is declined")).to_be_checked()
        page.keyboard.press("ArrowUp")
        tab_to(page, "Pay $48.00")
        page.keyboard.press("Enter")
        heading(page, "Order confirmed")
        expect(page.get_by_role("link", name="Receipt")).to_be_visible()  # once the money is taken
        tab_to(page, "Receipt")
        page.keyboard.press("Enter")
        heading(page, "Receipt")

    def test_one_sells(self, windows: Windows, width: int, account: MakeAccount) -> None:
        page = windows.open(width=width)
        sign_in(page, account())
        page.goto("/sell")
        tab_to(page, "Sell a ticket")
        page.keyboard.press("Enter")
        heading(page, "Sell a ticket")
        for label, words in (("Title", "Typed blind"), ("Price", "12.5"), ("Venue", "Home")):
            tab_to(page, label)
            page.keyboard.type(words)
        tab_to(page, "List ticket")
        page.keyboard.press("Enter")
        heading(page, "Typed blind")
        tab_to(page, "Withdraw listing…")
        page.keyboard.press("Enter")
        tab_to(page, "Withdraw listing")
        page.keyboard.press("Space")
        expect(page.get_by_text("Listing withdrawn.")).to_be_visible()

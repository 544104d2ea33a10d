"""An operator's way through the console, with its clicks counted."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.keyboard import press, tab_to

#: How many clicks may lie between the console's first page and the result.
MAX_CLICKS = 5


@dataclass
class Journey:
    """Counts mouse clicks and presses of Enter; typing is free. Starts at the console's first page."""

    page: Page
    by_keyboard: bool = False
    clicks: int = 0

    def follow(self, name: str) -> None:
        """Follow the first link whose name begins so."""
        self._use("link", name)

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self._use("button", name)

    def type(self, label: str, text: str) -> None:
        """Type into the field with this label."""
        if self.by_keyboard:
            tab_to(self.page, label)
            self.page.keyboard.type(text)
        else:
            self.page.get_by_label(label, exact=True).fill(text)

    def search(self, text: str) -> None:
        """Search for it in the console."""
        self.type("Search accounts, tickets, orders and payments", text)
        self.press("Search")

    def confirm(self, button: str, reason: str) -> None:
        """Give a reason on a page that asks for one, and press its button."""
        self.type("Reason", reason)
        self.press(button)

    def sees(self, text: str) -> None:
        """Wait until the page shows a text."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def _use(self, role: Any, name: str) -> None:
        self.clicks += 1
        assert self.clicks <= MAX_CLICKS, f"{name!r} is click {self.clicks}"
        with self.page.expect_navigation():
            if self.by_keyboard:
                press(self.page, name)
            elif role == "button":
                self.page.get_by_role(role, name=name, exact=True).click()
            else:
                self.page.get_by_role(role).filter(has_text=name).first.click()


def open_console(page: Page, email: str, password: str) -> None:
    """Sign in, and be led to the console's first page."""
    page.goto("/console/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()

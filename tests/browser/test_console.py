"""Operators work in the console without script, and by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Pages, checked_pages, heading
from tests.browser.console_parts import ERROR, REASON
from tests.browser.keyboard import press, tab_to
from tests.browser.storefront import Storefront, open_scenario, running_storefront


@pytest.fixture(scope="module")
def storefront(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storefront]:
    with running_storefront(tmp_path_factory.mktemp("console")) as storefront:
        yield storefront


@pytest.fixture
def pages(storefront: Storefront, chromium: Browser) -> Iterator[Pages]:
    yield from checked_pages(chromium, storefront.url)


def sign_in_again(page: Page) -> None:
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
class TestAnOperator:
    def test_refunds_without_script_and_signs_in_again_for_it(
        self, pages: Pages, storefront: Storefront, width: int
    ) -> None:
        scenario = storefront.show("console-refund")
        scenario.market.has_recent_login = False
        scenario.address = "/console/"
        page = pages.open(width=width, script=False)
        open_scenario(page, storefront, scenario)
        page.get_by_role("searchbox").fill("4242")
        page.get_by_role("button", name="Search").click()
        heading(page, "What happened")
        assert "4242" not in page.url
        page.get_by_role("link", name="Refund…").click()
        heading(page, "Refund $88.50?")
        page.get_by_label("Amount to refund").fill("5.00")
        page.get_by_label("Reason").fill(REASON)
        page.get_by_role("button", name="Refund").click()
        expect(page.get_by_text("This needs a sign-in of the last 10 minutes.")).to_be_visible()
        scenario.market.has_recent_login = True
        sign_in_again(page)
        expect(page.get_by_label("Reason")).to_have_value(REASON)
        expect(page.get_by_label("Amount to refund")).to_have_value("5.00")
        page.get_by_role("button", name="Refund").click()
        expect(page.get_by_text("Refund requested.")).to_be_visible()
        heading(page, "What happened")
        [(_, _, body)] = scenario.market.acted
        assert (body["reason"], body["amount"]) == (REASON, "5.00")

    def test_redrives_by_keyboard_alone(self, pages: Pages, storefront: Storefront, width: int) -> None:
        scenario = storefront.show("console-today")
        page = pages.open(width=width)
        open_scenario(page, storefront, scenario)
        press(page, "Orders: 1 dead letter")
        page.wait_for_url("**/console/events?service=orders#parked")
        heading(page, "Parked events and dead letters")
        press(page, "Orders: payment.captured")
        heading(page, "Payload")
        expect(page.get_by_text(ERROR).first).to_be_visible()
        press(page, "Redrive…")
        heading(page, "Redrive this event?")
        tab_to(page, "Reason")
        page.keyboard.type(REASON)
        press(page, "Redrive")
        expect(page.get_by_text("1 event is being tried again.")).to_be_visible()

"""Buying and selling from the first page to the last, on a phone and on a desktop."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Account, Pages, heading
from tests.load.client import Json
from tests.running_stack import RunningStack

pytestmark = pytest.mark.parametrize("width", [PHONE, DESKTOP])

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]


def hold(page: Page, ticket: Json) -> None:
    """Hold a ticket on its page."""
    page.goto(f"/tickets/{ticket['id']}")
    page.get_by_role("button", name="Hold for 15 minutes").click()
    heading(page, "Held for you")


def pay(page: Page, card: str = "Payment succeeds") -> None:
    """Pay on the order's page."""
    page.get_by_label(card).check()
    page.get_by_role("button", name="Pay $").click()


class TestBuy:
    def test_takes_a_new_visitor_from_search_to_receipt(
        self, pages: Pages, width: int, list_ticket: ListTicket
    ) -> None:
        ticket = list_ticket(f"Buy me {width}")
        page = pages.open(width=width)
        page.goto("/")
        page.get_by_role("searchbox").press_sequentially(f"buy me {width}")
        page.wait_for_url(f"**/?q=buy+me+{width}")
        page.get_by_role("link", name=ticket["title"]).click()
        expect(page.get_by_text("This is the total price. We add no fees.")).to_be_visible()
        expect(page.get_by_text("Nobody else can buy it for 15 minutes")).to_be_visible()
        page.get_by_role("link", name="Sign in to hold this ticket").click()
        page.get_by_role("link", name="Create account").click()
        page.get_by_label("E-mail").fill(f"buyer-{width}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Create account").click()
        page.wait_for_url(f"**/tickets/{ticket['id']}")
        page.get_by_role("button", name="Hold for 15 minutes").click()
        heading(page, "Held for you")
        pay(page)
        heading(page, "Order confirmed")
        expect(page.get_by_text("You paid $48.00")).to_be_visible()
        page.get_by_role("link", name="Receipt").click()
        heading(page, "Receipt")
        expect(page.get_by_text(ticket["title"])).to_be_visible()
        page.goto("/orders")
        expect(page.get_by_text("Paid", exact=True)).to_be_visible()

    def test_survives_the_back_button(
        self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        page = pages.open(by=buyer, width=width)
        hold(page, list_ticket("Back and forth"))
        pay(page)
        heading(page, "Order confirmed")
        page.go_back()
        page.go_forward()
        heading(page, "Order confirmed")
        page.reload()
        heading(page, "Order confirmed")
        page.goto("/orders")
        expect(page.get_by_role("listitem").filter(has_text="Back and forth")).to_have_count(1)


class TestExpiry:
    def test_ends_with_nothing_charged_and_one_click_to_hold_again(
        self, pages: Pages, width: int, stack: RunningStack, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width)
        with stack.overriding("orders.web", {"ORDERS_HOLD_SECONDS": "4"}):
            hold(page, list_ticket("Too slow"))
        heading(page, "Your hold expired")
        expect(page.get_by_text("You were not charged.")).to_be_visible()
        page.get_by_role("button", name="Hold again").click()
        heading(page, "Held for you")


class TestExtend:
    def test_gives_five_more_minutes_once(
        self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width)
        hold(page, list_ticket("A little longer"))
        page.get_by_role("button", name="Hold for 5 more minutes").click()
        expect(page.get_by_text("Your hold was extended.")).to_be_visible()
        expect(page.locator(".countdown")).to_contain_text("19:")
        expect(page.get_by_role("button", name="Hold for 5 more minutes")).to_have_count(0)


class TestDecline:
    def test_is_shown_beside_the_card_and_another_card_works(
        self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width, allowed={402})
        hold(page, list_ticket("Refused first"))
        pay(page, "Payment is declined")
        expect(page.locator("fieldset .error")).to_contain_text("declined")
        expect(page.get_by_label("Payment is declined")).to_be_checked()
        pay(page)
        heading(page, "Order confirmed")
        expect(page.locator(".timeline")).to_contain_text("Payment declined")


class TestThreeDSecure:
    def test_goes_by_the_banks_page_and_back(
        self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width)
        hold(page, list_ticket("Needs confirmation"))
        pay(page, "Bank asks you to confirm")
        heading(page, "Confirm with your bank")
        page.get_by_role("link", name="Continue to your bank").click()
        heading(page, "Confirm your payment")
        page.get_by_role("button", name="Approve payment").click()
        heading(page, "Order confirmed")

    def test_ends_as_declined_when_the_buyer_declines(
        self, pages: Pages, width: int, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width)
        hold(page, list_ticket("Buyer declines"))
        pay(page, "Bank asks you to confirm")
        page.get_by_role("link", name="Continue to your bank").click()
        page.get_by_role("button", name="Decline payment").click()
        heading(page, "Held for you")
        expect(page.get_by_text("You were not charged. Try another card.")).to_be_visible()


class TestSell:
    def test_previews_lists_and_shows_earnings(self, pages: Pages, width: int, account: MakeAccount) -> None:
        seller, buyer = account(), account()
        page = pages.open(by=seller, width=width)
        page.get_by_role("link", name="Sell", exact=True).click()
        expect(page.get_by_text("You have no listings yet.")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Sell a ticket").first.click()
        page.get_by_label("Title").fill("Mahler 2")
        page.get_by_label("Price", exact=True).fill("1250.50")
        page.get_by_label("Venue").fill("Philharmonie")
        expect(page.locator(".preview")).to_contain_text("Mahler 2")
        expect(page.locator(".preview")).to_contain_text("$1,250.50")
        page.get_by_role("button", name="List ticket").click()
        heading(page, "Mahler 2")
        ticket = {"id": page.url.rpartition("/")[2]}
        page.goto("/sell")
        order = buyer.api.hold(ticket)
        expect(page.locator(".board .tag", has_text="Held")).to_be_visible()
        buyer.api.pay(order, "tok_visa")
        expect(page.locator(".earned")).to_contain_text("$1,250.50")

    def test_says_what_is_wrong_beside_the_field(
        self, pages: Pages, width: int, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width, allowed={400})
        page.goto("/tickets/new")
        page.get_by_label("Title").fill("Nothing to pay")
        page.get_by_label("Price", exact=True).fill("0")
        page.get_by_role("button", name="List ticket").click()
        expect(page.locator(".has-error .error")).to_have_text("Price must be greater than 0")
        expect(page.get_by_label("Title")).to_have_value("Nothing to pay")


class TestEdit:
    def test_changes_a_free_ticket_and_says_why_a_held_one_is_locked(
        self, pages: Pages, width: int, account: MakeAccount
    ) -> None:
        seller, buyer = account(), account()
        ticket = seller.api.list_ticket(title="Row 7", price="30.00")
        page = pages.open(by=seller, width=width)
        page.goto(f"/tickets/{ticket['id']}")
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Price", exact=True).fill("25")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".price.big")).to_have_text("$25.00")
        buyer.api.hold(ticket)
        expect(
            page.get_by_text("A buyer is holding your ticket. You can't change the listing right now.")
        ).to_be_visible()
        expect(page.get_by_role("link", name="Edit")).to_have_count(0)
        page.goto(f"/tickets/{ticket['id']}/edit")
        expect(page.get_by_text("You can't change a listing while a buyer holds the ticket.")).to_be_visible()


class TestWithdraw:
    def test_removes_the_listing_on_open_pages_too(
        self, pages: Pages, width: int, account: MakeAccount
    ) -> None:
        seller = account()
        ticket = seller.api.list_ticket(title="Never mind", price="30.00")
        other = pages.open(width=width)
        other.goto(f"/tickets/{ticket['id']}")
        page = pages.open(by=seller, width=width)
        page.goto(f"/tickets/{ticket['id']}")
        page.get_by_text("Withdraw listing…").click()
        page.get_by_role("button", name="Withdraw listing").click()
        expect(page.get_by_text("Listing withdrawn.")).to_be_visible()
        expect(other.get_by_text("The seller has withdrawn this listing.")).to_be_visible()


class TestSuspendedUser:
    def test_sees_why_the_session_ended(
        self,
        pages: Pages,
        width: int,
        list_ticket: ListTicket,
        account: MakeAccount,
        suspend: Callable[[Account], None],
    ) -> None:
        buyer = account()
        page = pages.open(by=buyer, width=width, allowed={400, 401, 403})
        hold(page, list_ticket("Not any more"))
        other = page.context.new_page()
        other.goto(f"/tickets/{list_ticket('Nor this one')['id']}")
        button = other.get_by_role("button", name="Hold for 15 minutes")
        expect(button).to_be_visible()
        other.evaluate("() => (window.fetch = () => Promise.reject())")  # so that it doesn't update by itself
        suspend(buyer)
        page.wait_for_url("**/auth/signin?next=**")  # by itself: the session has ended
        button.click()
        heading(other, "Access denied")
        expect(other.get_by_text("Account suspended")).to_be_visible()
        expect(other.get_by_text("Request id")).to_be_visible()
        page.get_by_label("E-mail").fill(buyer.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("Account suspended")


class TestAServiceThatIsDown:
    def test_affects_only_its_own_section(
        self, pages: Pages, width: int, stack: RunningStack, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(by=account(), width=width, allowed={503})
        hold(page, list_ticket("Hold on"))
        order = page.url
        stack.stop("payments.web")
        try:
            page.goto(order)
            heading(page, "Held for you")
            expect(page.get_by_text("Payments are unavailable right now.")).to_be_visible()
            expect(page.get_by_text("We're still holding the ticket for you.")).to_be_visible()
        finally:
            stack.start("payments.web")
        page.get_by_role("link", name="Try again").click()
        pay(page)
        heading(page, "Order confirmed")
        stack.stop("tickets.web")
        try:
            page.goto("/")
            expect(page.get_by_text("Listings are unavailable right now.")).to_be_visible()
            page.goto("/orders")
            expect(page.get_by_text("Hold on")).to_be_visible()
            page.goto(f"{order}/receipt")
            heading(page, "Receipt")
        finally:
            stack.start("tickets.web")
        page.goto("/")
        expect(page.locator(".ticket").first).to_be_visible()

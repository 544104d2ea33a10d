"""Operators find and mend things in the console of a running stack, within a few clicks of its first page."""

import re
import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import (
    DESKTOP,
    HOLD_SECONDS,
    PASSWORD,
    PHONE,
    Account,
    Pages,
    checked_pages,
    heading,
)
from tests.browser.operator_journey import Journey, open_console
from tests.browser.operator_troubles import (
    age_sign_in,
    appoint,
    halted_streams,
    is_up_to_date,
    publish_unreadable,
    refusing_title,
    restore_older_orders,
    wait_for_dead_letter,
)
from tests.load.client import Json
from tests.running_stack import RunningStack, running_stack, wait_for

pytestmark = pytest.mark.parametrize("width", [PHONE, DESKTOP])

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]
REASON = "The concert was called off"


@pytest.fixture
def operator(pages: Pages, stack: RunningStack, width: int) -> Page:
    """The console's first page, opened by the stack's own operator."""
    page = pages.open(width=width)
    open_console(page, "operator@example.com", stack.password("operator"))
    return page


@pytest.fixture
def buyer(account: MakeAccount, list_ticket: ListTicket) -> Account:
    """A buyer who has paid for a ticket."""
    buyer = account()
    order = buyer.api.hold(list_ticket("Called off"))
    buyer.api.pay(order, "tok_visa")
    wait_for(lambda: _payments(buyer, order) == ["captured"], what="the payment being captured")
    return buyer


def _payments(buyer: Account, order: Json) -> list[str]:
    return [payment["status"] for payment in buyer.api.payments(order)]


def refund(journey: Journey, buyer: Account, reason: str = REASON) -> None:
    """Find the buyer's payment by their address, and refund it."""
    journey.search(buyer.email)
    heading(journey.page, buyer.email)
    journey.follow("Refund…")
    heading(journey.page, "Refund $48.00?")
    journey.confirm("Refund", reason)


def sees_refund(journey: Journey, text: str = "$48.00 went back to the buyer: staff refunded it.") -> None:
    """See in the story that the money went back."""
    journey.sees("Refund requested.")
    for _ in range(2):
        if journey.page.get_by_text(text).count():
            break
        journey.page.wait_for_timeout(1_000)
        journey.follow("Reload")
    journey.sees(text)


class TestRefund:
    def test_is_found_by_the_buyers_address(self, operator: Page, buyer: Account) -> None:
        journey = Journey(operator)
        refund(journey, buyer)
        sees_refund(journey)

    def test_of_a_part_leaves_the_sale(self, operator: Page, buyer: Account) -> None:
        journey = Journey(operator)
        journey.search(buyer.email)
        journey.follow("Refund…")
        operator.get_by_label("Amount to refund").fill("8.00")
        journey.confirm("Refund", REASON)
        sees_refund(journey, "$8.00 of $48.00 have gone back to the buyer: staff refunded it.")
        journey.sees("The order is paid")

    def test_needs_no_mouse(self, operator: Page, buyer: Account) -> None:
        journey = Journey(operator, by_keyboard=True)
        refund(journey, buyer)
        sees_refund(journey)

    def test_is_refused_to_support_and_nothing_typed_is_lost(
        self, pages: Pages, stack: RunningStack, width: int, buyer: Account
    ) -> None:
        email = f"support-{secrets.token_hex(4)}@example.com"
        appoint(stack, email, PASSWORD, "support")
        page = pages.open(width=width, allowed={403})
        open_console(page, email, PASSWORD)
        refund(Journey(page), buyer)
        expect(page.get_by_text("Your role doesn't allow this: it needs the role money")).to_be_visible()
        expect(page.get_by_label("Reason")).to_have_value(REASON)

    def test_asks_to_sign_in_again_after_ten_minutes_and_keeps_the_reason(
        self, pages: Pages, stack: RunningStack, width: int, buyer: Account
    ) -> None:
        email = f"money-{secrets.token_hex(4)}@example.com"
        appoint(stack, email, PASSWORD, "money")
        page = pages.open(width=width)
        open_console(page, email, PASSWORD)
        age_sign_in(stack, email)
        page.context.clear_cookies(name=re.compile("access_token"))
        journey = Journey(page)
        refund(journey, buyer)
        journey.sees("This needs a sign-in of the last 10 minutes.")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Reason")).to_have_value(REASON)
        journey.press("Refund")
        sees_refund(journey)


class TestDeadLetter:
    @pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
    def test_is_understood_mended_and_redriven(
        self, pages: Pages, stack: RunningStack, list_ticket: ListTicket, width: int, script: bool
    ) -> None:
        title = f"Refused {secrets.token_hex(4)}"
        page = pages.open(width=width, script=script)
        open_console(page, "operator@example.com", stack.password("operator"))
        journey = Journey(page)
        with refusing_title(stack, title):
            list_ticket(title)
            wait_for_dead_letter(stack, title)
            page.reload()
            journey.follow("Orders: 1 dead letter waits for a person")
            heading(page, "Parked events and dead letters")
            journey.follow("Orders: ticket.created")
            journey.sees("violates check constraint")
            expect(page.get_by_role("group", name="Payload")).to_contain_text(title)
        journey.follow("Redrive…")
        journey.confirm("Redrive", "The constraint is dropped")
        journey.sees("1 event is being tried again.")
        if page.get_by_text(title).count() or not page.get_by_text("No parked events.").count():
            page.wait_for_timeout(2_000)
            journey.follow("Events")
        journey.sees("No parked events.")

    def test_is_discarded(self, operator: Page, stack: RunningStack) -> None:
        publish_unreadable(stack)
        wait_for_dead_letter(stack, "unknown")
        operator.reload()
        journey = Journey(operator)
        journey.follow("Orders: 1 dead letter waits for a person")
        journey.follow("Orders: ticket.")
        journey.follow("Discard…")
        journey.confirm("Discard", "Sent by mistake")
        journey.sees("Event discarded.")
        journey.sees("No parked events.")


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own, whose orders have lost what two other services have applied."""
    with running_stack(broker="embedded", hold_seconds=HOLD_SECONDS) as stack:
        restore_older_orders(stack, tmp_path_factory.mktemp("dump") / "orders.dump")
        wait_for(
            lambda: all(halted_streams(stack, one) == ["order"] for one in ("tickets", "payments")),
            within=90,
            what="both subscribers halting",
        )
        yield stack


@pytest.fixture
def restored_pages(restored: RunningStack, chromium: Browser) -> Iterator[Pages]:
    yield from checked_pages(chromium, restored.url)


class TestHaltedStream:
    @pytest.mark.timeout(400)
    def test_is_resumed_after_a_restore_once_the_loss_is_seen(
        self, restored_pages: Pages, restored: RunningStack, width: int
    ) -> None:
        service, name = ("tickets", "Listings") if width == PHONE else ("payments", "Payments")
        page = restored_pages.open(width=width)
        open_console(page, "operator@example.com", restored.password("operator"))
        journey = Journey(page)
        journey.follow(f"{name} stopped following the stream order")
        journey.sees("The publisher's log was replaced.")
        journey.follow("Show what would be lost from the log’s start")
        journey.sees("come after position 0.")
        shown = page.get_by_role("main").inner_text()
        assert shown.index("order.completed") < shown.index("Resume after position 0…")
        journey.follow("Resume after position 0…")
        journey.confirm("Resume", "Orders was restored from last night's dump")
        journey.sees("The stream order is followed again, from position 0.")
        wait_for(lambda: is_up_to_date(restored, service, "order", "orders"), what="reading the new log")
        journey.follow("Events")
        row = page.locator(f"#{service} .streams li").filter(has=page.get_by_role("link", name="order"))
        expect(row).to_contain_text("up to date")


class TestSuspension:
    def test_takes_the_seller_and_their_listing_away_until_it_is_lifted(
        self, operator: Page, pages: Pages, account: MakeAccount, width: int, stack: RunningStack
    ) -> None:
        seller, title = account(), f"Stolen {secrets.token_hex(4)}"
        seller.api.list_ticket(title=title, price="48.00")
        theirs = pages.open(by=seller, width=width, allowed={401, 403})
        journey = Journey(operator)
        journey.search(seller.email)
        journey.follow("Suspend account…")
        heading(operator, f"Suspend {seller.email}?")
        journey.confirm("Suspend account", "Sells tickets that others hold")
        journey.sees("Account suspended.")
        expect(operator.locator(".thing-head .tag")).to_have_text("Suspended")
        wait_for(lambda: title not in shop(stack, title), what="the listing leaving the shop")
        theirs.goto("/sell")
        heading(theirs, "Sign in")
        journey.follow("Reinstate account…")
        journey.confirm("Reinstate account", "A mistake")
        journey.sees("Account reinstated.")
        wait_for(lambda: title in shop(stack, title), what="the listing being back in the shop")


def shop(stack: RunningStack, title: str) -> str:
    """What the shop's search finds, as JSON."""
    return httpx.get(f"{stack.url}/api/tickets", params={"q": title}).raise_for_status().text

"""Pages update by themselves, without losing the visitor's input or focus."""

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.conftest import Account, Pages, heading
from tests.load.client import Json

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]


class TestTheList:
    def test_shows_what_others_hold_and_buy(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        ticket, buyer = list_ticket("Going fast"), account()
        page = pages.open()
        page.goto("/?q=going+fast")
        card = page.locator(f"[data-card='{ticket['id']}']")
        expect(card).to_have_attribute("data-state", "free")
        order = buyer.api.hold(ticket)
        expect(card.locator(".tag")).to_have_text("Held")
        buyer.api.pay(order, "tok_visa")
        expect(card.locator(".tag")).to_have_text("Sold")
        assert page.url.endswith("/?q=going+fast")

    def test_keeps_the_focus_in_the_search_while_it_changes(
        self, pages: Pages, list_ticket: ListTicket
    ) -> None:
        list_ticket("Unmistakable")
        page = pages.open()
        page.goto("/")
        page.get_by_role("searchbox").press_sequentially("unmistak")
        expect(page.locator(".ticket")).to_have_count(1)
        page.wait_for_url("**/?q=unmistak")
        expect(page.get_by_role("searchbox")).to_be_focused()
        expect(page.locator("#announce")).to_have_text("1 ticket")
        page.get_by_role("searchbox").fill("")
        page.wait_for_url(re.compile(r"/$"))


class TestATicketsPage:
    def test_updates_when_a_ticket_is_held_and_released(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        ticket, other = list_ticket("To and fro"), account()
        page = pages.open(by=account())
        page.goto(f"/tickets/{ticket['id']}")
        page.get_by_role("button", name="Hold for 15 minutes").focus()
        order = other.api.hold(ticket)
        expect(page.get_by_text("Another buyer is holding this ticket.")).to_be_visible()
        expect(page.locator("#announce")).to_have_text("This ticket is held.")
        other.api.cancel(order)
        expect(page.get_by_role("button", name="Hold for 15 minutes")).to_be_visible()


class TestAnOrdersPage:
    def test_keeps_input_and_focus(self, pages: Pages, list_ticket: ListTicket, account: MakeAccount) -> None:
        ticket, buyer = list_ticket("In the middle of it"), account()
        order = buyer.api.hold(ticket)
        page = pages.open(by=buyer)
        page.goto(f"/orders/{order['id']}")
        page.get_by_label("Bank asks you to confirm").check()
        page.get_by_role("button", name="Pay $48.00").focus()
        page.evaluate("() => { document.querySelector('.countdown').dataset.old = 'yes'; }")
        # In another page the same buyer extends the hold.
        other = page.context.new_page()
        other.goto(f"/orders/{order['id']}")
        other.get_by_role("button", name="Hold for 5 more minutes").click()
        expect(page.locator(".countdown[data-old]")).to_have_count(0)
        expect(page.locator(".countdown")).to_contain_text("19:")
        expect(page.get_by_label("Bank asks you to confirm")).to_be_checked()
        expect(page.get_by_role("button", name="Pay $48.00")).to_be_focused()

    def test_gets_a_304_while_nothing_changes(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Quiet"))
        page = pages.open(by=buyer)
        statuses: list[int] = []
        page.on(
            "response", lambda answer: statuses.append(answer.status) if "/status" in answer.url else None
        )
        page.goto(f"/orders/{order['id']}")
        with page.expect_response(re.compile("/status$")):
            pass
        with page.expect_response(re.compile("/status$")):
            pass
        assert statuses == [304, 304]

    def test_announces_the_time_left_at_five_and_two_minutes(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Tick"))
        page = pages.open(by=buyer)
        page.clock.install()
        page.goto(f"/orders/{order['id']}")
        heading(page, "Held for you")
        page.clock.fast_forward("09:58")
        page.clock.run_for(4000)
        expect(page.locator("#announce")).to_have_text("5 minutes left to pay")
        page.clock.fast_forward("02:58")
        page.clock.run_for(4000)
        expect(page.locator("#announce")).to_have_text("2 minutes left to pay")
        expect(page.locator(".countdown")).to_have_class(re.compile("soon"))

    def test_keeps_polling_after_a_failed_request(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Bad line"))
        page = pages.open(by=buyer, allowed={503})
        lost: list[str] = []

        def lose(route: Route) -> None:
            if not lost:
                lost.append(route.request.url)
                route.fulfill(status=503)
            else:
                route.continue_()

        page.route("**/status", lose)
        page.goto(f"/orders/{order['id']}")
        buyer.api.cancel(order)
        heading(page, "Order cancelled")
        assert len(lost) == 1


class TestMotion:
    def test_respects_reduced_motion(
        self, pages: Pages, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = pages.open(reduced_motion="reduce")
        page.goto("/")
        page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<i class=\"pulse\"></i>')")
        assert page.evaluate("() => document.getAnimations().length") == 0
        durations = page.evaluate(
            "() => [...document.querySelectorAll('*')].map((one) => getComputedStyle(one).transitionDuration)"
        )
        assert set(durations) == {"0s"}
        moving = pages.open()
        moving.goto("/")
        moving.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<i class=\"pulse\"></i>')")
        assert moving.evaluate("() => document.getAnimations().length") == 1


class TestDoubleClick:
    def test_holds_and_pays_once(self, pages: Pages, list_ticket: ListTicket, account: MakeAccount) -> None:
        buyer = account()
        page = pages.open(by=buyer)
        page.goto(f"/tickets/{list_ticket('Twice')['id']}")
        page.get_by_role("button", name="Hold for 15 minutes").dblclick()
        heading(page, "Held for you")
        page.get_by_role("button", name="Pay $48.00").dblclick()
        heading(page, "Order confirmed")
        order = {"id": page.url.rpartition("/")[2]}
        assert [payment["status"] for payment in buyer.api.payments(order)] == ["captured"]

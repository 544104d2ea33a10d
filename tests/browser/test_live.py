"""Pages that wait for something change by themselves, and take nothing from whoever is using them."""

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.conftest import Account, Windows, heading
from tests.load.client import Json

MakeAccount = Callable[[], Account]
ListTicket = Callable[..., Json]


class TestTheShelf:
    def test_marks_what_others_take(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        ticket, buyer = list_ticket("Going fast"), account()
        page = windows.open()
        page.goto("/?q=going+fast")
        card = page.locator(f"[data-card='{ticket['id']}']")
        expect(card).to_have_attribute("data-state", "free")
        order = buyer.api.hold(ticket)
        expect(card.locator(".tag")).to_have_text("Held")
        buyer.api.pay(order, "tok_visa")
        expect(card.locator(".tag")).to_have_text("Sold")
        assert page.url.endswith("/?q=going+fast")

    def test_keeps_the_focus_in_the_search_while_it_changes(
        self, windows: Windows, list_ticket: ListTicket
    ) -> None:
        list_ticket("Unmistakable")
        page = windows.open()
        page.goto("/")
        page.get_by_role("searchbox").press_sequentially("unmistak")
        expect(page.locator(".ticket")).to_have_count(1)
        page.wait_for_url("**/?q=unmistak")
        expect(page.get_by_role("searchbox")).to_be_focused()
        expect(page.locator("#announce")).to_have_text("1 ticket")
        page.get_by_role("searchbox").fill("")
        page.wait_for_url(re.compile(r"/$"))


class TestATicketsPage:
    def test_turns_by_itself_when_somebody_holds_it_and_again_when_it_is_free(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        ticket, other = list_ticket("To and fro"), account()
        page = windows.open(by=account())
        page.goto(f"/tickets/{ticket['id']}")
        page.get_by_role("button", name="Hold for 15 minutes").focus()
        order = other.api.hold(ticket)
        expect(page.get_by_text("Somebody is holding this ticket.")).to_be_visible()
        expect(page.locator("#announce")).to_have_text("This ticket is held.")
        other.api.cancel(order)
        expect(page.get_by_role("button", name="Hold for 15 minutes")).to_be_visible()


class TestAnOrdersPage:
    def test_keeps_what_was_chosen_and_where_one_was(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        ticket, buyer = list_ticket("In the middle of it"), account()
        order = buyer.api.hold(ticket)
        page = windows.open(by=buyer)
        page.goto(f"/orders/{order['id']}")
        page.get_by_label("Bank asks you to confirm").check()
        page.get_by_role("button", name="Pay $48.00").focus()
        page.evaluate("() => { document.querySelector('.countdown').dataset.old = 'yes'; }")
        # In another window the same buyer takes more time.
        other = page.context.new_page()
        other.goto(f"/orders/{order['id']}")
        other.get_by_role("button", name="Hold for five more minutes").click()
        expect(page.locator(".countdown[data-old]")).to_have_count(0)
        expect(page.locator(".countdown")).to_contain_text("19:")
        expect(page.get_by_label("Bank asks you to confirm")).to_be_checked()
        expect(page.get_by_role("button", name="Pay $48.00")).to_be_focused()

    def test_mostly_hears_that_nothing_has_changed(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Quiet"))
        page = windows.open(by=buyer)
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

    def test_says_how_much_time_is_left_at_five_and_at_two_minutes(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Tick"))
        page = windows.open(by=buyer)
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

    def test_goes_on_asking_when_no_answer_comes(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        order = buyer.api.hold(list_ticket("Bad line"))
        page = windows.open(by=buyer, allowed={503})
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
    def test_is_none_for_who_wants_none(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        page = windows.open(reduced_motion="reduce")
        page.goto("/")
        page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<i class=\"pulse\"></i>')")
        assert page.evaluate("() => document.getAnimations().length") == 0
        durations = page.evaluate(
            "() => [...document.querySelectorAll('*')].map((one) => getComputedStyle(one).transitionDuration)"
        )
        assert set(durations) == {"0s"}
        moving = windows.open()
        moving.goto("/")
        moving.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<i class=\"pulse\"></i>')")
        assert moving.evaluate("() => document.getAnimations().length") == 1


class TestDoubleClick:
    def test_holds_and_pays_once(
        self, windows: Windows, list_ticket: ListTicket, account: MakeAccount
    ) -> None:
        buyer = account()
        page = windows.open(by=buyer)
        page.goto(f"/tickets/{list_ticket('Twice')['id']}")
        page.get_by_role("button", name="Hold for 15 minutes").dblclick()
        heading(page, "Held for you")
        page.get_by_role("button", name="Pay $48.00").dblclick()
        heading(page, "Order confirmed")
        order = {"id": page.url.rpartition("/")[2]}
        assert [payment["status"] for payment in buyer.api.payments(order)] == ["captured"]

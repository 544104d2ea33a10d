"""Every stream is read again from 1 in every service, while people buy; nothing may go back for a moment."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.model.fake_broker import ROUTES
from tests.model.logs import check_copies, check_logs
from tests.model.market import Market
from tests.model.people import BUYERS, LONG, SELLER, SUSPECT, People
from tests.model.provider import DECLINED, GOOD
from tests.model.truths import check_always, check_at_rest

#: Who still takes anything for news, and what is then found.
GUARDS = {
    ("tickets", "order_position"): "tickets published something|changed .* at tickets",
    ("orders", "ticket_version"): "changed .*ticket_copies.* at orders",
    ("payments", "order_news"): "payments published something|changed .*payments.* at payments",
}
NEW_PRICE = "35.50"
MOST_STEPS = 1000


class Story(People):
    """A marketplace with a past, and people who go on buying what was put on sale in time."""

    def __init__(self, market: Market) -> None:
        self.market = market
        market.begin_anew()
        self.for_sale: list[str] = []
        self.held: list[str] = []
        self.snapshot = market.snapshot()

    def live(self) -> None:
        """Let all happen that leaves events: edits, withdrawals, ends and payments of every kind."""
        call = self.market.call
        tickets = [self._list() for _ in range(12)]
        self.market.flow()
        first, second, third, fourth, *rest = tickets
        paid, given_back, _lapsed, refunded = (
            call("orders", "place_order", buyer=BUYERS[n % 2], ticket=ticket)
            for n, ticket in enumerate((first, second, third, fourth))
        )
        self.market.flow()
        for card in (DECLINED, GOOD):
            self.market.attempt("payments", "pay_order", order=paid, buyer=BUYERS[0], card=card)
            self.market.run_commands()
        call("payments", "pay_order", order=refunded, buyer=BUYERS[1], card=GOOD)
        self.market.run_commands()
        call("orders", "cancel_order", order=given_back, buyer=BUYERS[1])
        [payment] = self.market.snapshot().payments_of(refunded)
        call("payments", "refund", payment=payment["id"])
        self.market.broker.now += LONG
        call("orders", "sweep")
        self.market.run_commands()
        self._change_a_user()
        for ticket in (second, third, *rest):
            call("tickets", "edit_ticket", ticket=ticket, seller=SELLER, price=NEW_PRICE)
        call("tickets", "withdraw_ticket", ticket=second, seller=SELLER)
        self.gone, self.for_sale = second, [third, *rest]
        self.market.run_commands()
        self.check()

    def _change_a_user(self) -> None:
        for what, status in (
            ("suspended", "suspended"),
            ("reinstated", "active"),
            ("sessions_ended", "active"),
        ):
            self.market.publish_user_event(SUSPECT, what, status=status)

    def go_on(self, step: int) -> None:
        """A buyer buys at the newest price, pays or cancels; a withdrawn ticket can't be bought."""
        _, refused = self.market.attempt("orders", "place_order", buyer=BUYERS[0], ticket=self.gone)
        assert refused == "TicketNotFound"
        buyer = (*BUYERS, SUSPECT)[step % 3]
        if self.held and step % 2:
            order = self.market.snapshot().orders[self.held.pop()]
            if step % 4 == 1:
                self.market.attempt("orders", "cancel_order", order=order["id"], buyer=order["user_id"])
                self.for_sale.append(order["ticket_id"])
            else:
                self.market.attempt(
                    "payments", "pay_order", order=order["id"], buyer=order["user_id"], card=GOOD
                )
        elif self.for_sale:
            ticket = self.for_sale.pop(0)
            order, refused = self.market.attempt("orders", "place_order", buyer=buyer, ticket=ticket)
            assert not refused, f"{refused} of {ticket}"
            assert self.market.snapshot().orders[order]["ticket_price"] == NEW_PRICE
            self.held.append(order)

    def check(self) -> None:
        """Compare everything, now."""
        before, self.snapshot = self.snapshot, self.market.snapshot()
        check_always(self.snapshot, self.market.provider, before)
        check_copies(self.snapshot, self.market.broker)


def replay_everything(market: Market) -> Story:
    """Have all services read all that they follow again, an event at a time each, while people buy."""
    story = Story(market)
    story.live()
    for service, stream in ROUTES:
        market.replay(service, stream)
    for step in range(MOST_STEPS):
        for service, stream in ROUTES:
            market.deliver(service, stream, most=1)
            story.check()
        if not any(_is_behind(market, broker) for broker in ROUTES):
            break
        story.go_on(step)
        for service in ("tickets", "orders", "payments"):
            market.relay(service)
        story.check()
    return story


def _is_behind(market: Market, broker: tuple[str, Any]) -> bool:
    return market.broker.applied[broker] < market.broker.furthest[broker]


@pytest.fixture
def unguarded(market: Market, guard: tuple[str, str]) -> Iterator[Market]:
    """A market of which one service takes anything for news."""
    market.begin_anew()
    market.remove_guard(*guard)
    yield market
    market.restore_guards()


class TestAReplayOfEverything:
    @pytest.mark.timeout(600)
    def test_changes_nothing_while_people_buy(self, market: Market) -> None:
        story = replay_everything(market)
        assert len(story.snapshot.orders) > 8, "too few orders were placed"
        market.come_to_rest()
        story.check()
        check_at_rest(story.snapshot, market.provider)
        check_logs(story.snapshot, market.broker)

    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard[1])
    def test_goes_back_without_a_guard(self, unguarded: Market, guard: tuple[str, str]) -> None:
        with pytest.raises(AssertionError, match=GUARDS[guard]):
            replay_everything(unguarded)
